/**
 * Something about the machine or the configuration stops the start. The message is one clear line for the operator:
 * what is wrong and what would put it right. It names paths and variables, never values that may be secret.
 */
export class StartFault extends Error {
  constructor(message: string) {
    super(message)
    this.name = "StartFault"
  }
}
