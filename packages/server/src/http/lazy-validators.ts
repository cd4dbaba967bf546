import { createRequire } from 'node:module'
import type { BuildCompilerFromPool } from '@fastify/ajv-compiler'

type Compile = ReturnType<BuildCompilerFromPool>
type Validate = ReturnType<Compile>

let builder: BuildCompilerFromPool | undefined

/**
 * Checks requests as Fastify does by itself, but compiles what a route wants when its first request comes, and loads the
 * compiler with the first of all: to compile all routes took an eighth of each start, and few are ever asked. Names in
 * a schema of headers must be in lower case.
 */
export const lazyValidators: BuildCompilerFromPool = (schemas, options) => {
  let compile: Compile | undefined
  return route => {
    let validate: Validate | undefined
    const check = (data: unknown): unknown => {
      compile ??= loadBuilder()(schemas, options)
      validate ??= compile(route)
      const isValid = validate(data)
      // Fastify looks for the findings at the function that it called.
      ;(check as Validate).errors = validate.errors ?? null
      return isValid
    }
    return check as Validate
  }
}

/** Not by an import, which would have to be waited for. */
function loadBuilder(): BuildCompilerFromPool {
  const require = createRequire(import.meta.url)
  builder ??= (require('@fastify/ajv-compiler') as () => BuildCompilerFromPool)()
  return builder
}
