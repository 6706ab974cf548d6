import { Failure } from './failure.ts'

/** Asks for a first provider and writes the config file. Throws a `Failure` that says what to write where there is no terminal. */
export async function setUp(file: string): Promise<void> {
  throw new Failure(whatToWrite(file))
}

function whatToWrite(file: string): string {
  return `ccr: no provider is configured yet. Write one to ${file}:

{
  "Providers": [
    {
      "name": "openrouter",
      "api_base_url": "https://openrouter.ai/api/v1",
      "api_key": "$OPENROUTER_API_KEY",
      "models": ["anthropic/claude-sonnet-4.5"]
    }
  ],
  "Router": { "default": "openrouter,anthropic/claude-sonnet-4.5" }
}

or start \`ccr code\` on a terminal, which asks for it.`
}
