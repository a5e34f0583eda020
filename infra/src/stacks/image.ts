import { Repository } from "aws-cdk-lib/aws-ecr"
import { ContainerImage } from "aws-cdk-lib/aws-ecs"
import type { TylerStack } from "./stack.ts"

/** An image of ECR by its digest. Who may pull it is said where the execution role is. */
export function pinnedImage(stack: TylerStack, image: string): ContainerImage {
  const [, digest = ""] = image.split("@")
  const repository = Repository.fromRepositoryArn(stack, "repository", stack.at.repositoryArn(image))
  return ContainerImage.fromEcrRepository(repository, digest)
}
