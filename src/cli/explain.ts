import { defineCommand } from 'citty'

const text = (valueHint: string, description: string) => ({ type: 'string', valueHint, description }) as const
const flag = (description: string) => ({ type: 'boolean', description }) as const

/** `ccr explain`: whom a request would go to, and why. Nothing is sent. */
export const explain = defineCommand({
  meta: {
    name: 'explain',
    description: 'Say whom a request would go to, which rule decides it, and why each of the others does not',
  },
  args: {
    request: {
      type: 'positional',
      required: false,
      description: 'A file with a request as a client sends it, in any protocol; - reads it from the input',
    },
    config: text('FILE', 'The config file (default: the one that `ccr config path` prints)'),
    json: flag('Answer in JSON'),
    protocol: text('NAME', 'anthropic, chat, responses or gemini (default: what the request looks like)'),
    model: text('NAME', 'The model that the client asks for'),
    client: text('NAME', 'Who calls, as claude-code or codex@0.169'),
    tokens: text('N', 'How many tokens the input has'),
    session: text('ID', "The agent's session"),
    project: text('DIR', 'The folder that the agent works in'),
    header: text('NAME:VALUE', 'A header of the request; may be given more than once'),
    key: text('LABEL', 'The label of the client key'),
    prompt: text('TEXT', 'What the user wrote last'),
    system: text('TEXT', 'The system prompt'),
    tools: text('NAMES', 'Names of tools, with commas between'),
    effort: text('LEVEL', 'How hard the model shall work'),
    thinking: flag('Thinking is asked for'),
    image: flag('The last prompt shows an image'),
    preset: text('NAME', 'The preset whose path is called'),
    time: text('TIME', 'When it is, as 2026-01-31T22:30 (default: now)'),
  },
  run: async ({ args, rawArgs }) => (await import('./explain/run.ts')).explainRequest(args, rawArgs),
})
