import { textOf, TylerError } from "../../core/errors.ts"
import { type Json, parseJson } from "../../core/json.ts"
import type { Fault } from "./entry.ts"

export type JsonObject = { readonly [key: string]: Json }

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json)
}

/** Strict JSON of one source. @param first the line at which the text stands in it */
export function parseText(text: string, fault: Fault, first = 1): Json {
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof TylerError)) throw error
    const told = error.message === GRAMMAR ? "is not valid JSON" : error.message
    throw fault(told.replace("The body", "the JSON").replace(" in the body", ""), first - 1 + faultyLine(text, error))
  }
}

const GRAMMAR = textOf("invalid_json")

/** Line of what is wrong. V8's message quotes the text, so only the number is taken from it. */
function faultyLine(text: string, error: TylerError): number {
  if (error.code === "value_not_exact") return inexactLine(text)
  if (error.message !== GRAMMAR) return firstLine(text, error.message)
  try {
    JSON.parse(text)
    return 1
  } catch (cause) {
    const [, line] = /\(line (\d+) column \d+\)/.exec(cause instanceof Error ? cause.message : "") ?? []
    return line === undefined ? text.split("\n").length : Number(line)
  }
}

const TOKEN = /"(?:[^"\\]+|\\.)*"|-?[0-9][-+0-9.eE]*/g

function inexactLine(text: string): number {
  for (const { 0: token, index } of text.matchAll(TOKEN))
    if (!token.startsWith('"') && String(Number(token)) !== token) return text.slice(0, index).split("\n").length
  return 1
}

/** The shortest beginning, in lines, that is refused for the same thing: whatever follows cannot mend it. */
function firstLine(text: string, message: string): number {
  const lines = text.split("\n")
  let [low, high] = [1, lines.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (complaint(lines.slice(0, middle).join("\n")) === message) high = middle
    else low = middle + 1
  }
  return low
}

function complaint(text: string): string | undefined {
  try {
    parseJson(text)
  } catch (error) {
    if (error instanceof TylerError) return error.message
    throw error
  }
  return undefined
}
