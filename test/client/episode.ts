import { USAGE, type Turn } from '../helper/turn.ts'
import type { Conversation, SeenMessage } from './conversation.ts'
import { toolboxFor, type Toolbox } from './toolbox.ts'

/** The prompt that makes the scripted model play an episode in a folder; the agent passes it on like any other. */
export function promptFor(episode: string, folder: string): string {
  return `Play the episode "${episode}" in the folder "${folder}".`
}

/** The word that only a real read of `secret.txt` can bring into the conversation. */
export const SECRET = /secret-[0-9a-z]{12}/

/** The model's next turn: which episode it plays and how far that got is read off the conversation alone. */
export function nextTurn(conversation: Conversation): Turn {
  const scene = sceneOf(conversation)
  if (!scene) return { text: 'No episode was asked for.' }
  const last = conversation.messages.at(-1)
  if (last?.role === 'user' && !PROMPT.test(last.text) && ASKS_SUMMARY.test(last.text)) return summaryOf(scene)
  const steps = EPISODES[scene.episode]
  if (!steps) return { text: `There is no episode "${scene.episode}".` }
  const step = steps[Math.min(scene.round, steps.length - 1)]
  return step ? step(scene) : { text: 'The episode is empty.' }
}

interface Scene {
  readonly episode: string
  readonly folder: string
  /** How many turns with tool calls there have been since the prompt. */
  readonly round: number
  readonly results: readonly SeenMessage[]
  readonly secret: string
  readonly conversation: Conversation
}

type Step = (scene: Scene) => Turn

function toolboxOf({ conversation }: Scene): Toolbox {
  return toolboxFor(conversation.tools)
}

const makeEffect: Step = (scene) => ({ text: 'I run a command.', calls: [toolboxOf(scene).makeEffect(scene.folder)] })
const readSecret: Step = (scene) => ({ calls: [toolboxOf(scene).read(`${scene.folder}/secret.txt`)] })
const write: Step = (scene) => ({ calls: [toolboxOf(scene).write(`${scene.folder}/written.txt`, 'Grüße: first')] })
const edit: Step = (scene) => ({
  calls: [toolboxOf(scene).edit(`${scene.folder}/written.txt`, 'Grüße: first', 'Grüße: second 🙂')],
})
const finish: Step = ({ episode, secret, results }) => ({
  text: `${episode} done: ${secret}, ${results.length} results`,
})

const EPISODES: Readonly<Record<string, readonly Step[]>> = {
  plain: [finish],
  tools: [makeEffect, readSecret, write, edit, finish],
  parallel: [(scene) => ({ calls: [...(makeEffect(scene).calls ?? []), ...(readSecret(scene).calls ?? [])] }), finish],
  agent: [
    ({ folder, conversation }) => ({
      calls: [
        {
          name: conversation.tools.has('Agent') ? 'Agent' : 'Task',
          input: {
            description: 'Do the work',
            prompt: promptFor('tools', folder),
            subagent_type: 'general-purpose',
            run_in_background: false,
          },
        },
      ],
    }),
    finish,
  ],
  image: [(scene) => ({ calls: [toolboxOf(scene).look(`${scene.folder}/image.png`)] }), finish],
  document: [({ folder }) => ({ calls: [{ name: 'Read', input: { file_path: `${folder}/document.pdf` } }] }), finish],
  'deferred-tool': [
    () => ({ calls: [{ name: 'ToolSearch', input: { query: 'select:NotebookEdit', max_results: 5 } }] }),
    finish,
  ],
  thinking: [
    (scene) => ({ ...readSecret(scene), reasoning: 'First I must read the file.', text: 'Let me look.' }),
    (scene) => ({ ...finish(scene), reasoning: 'Now I know the secret.' }),
  ],
  'broken-arguments': [
    (scene) => ({ calls: [{ name: toolboxOf(scene).shell, input: '{"command": "echo no", ' }] }),
    readSecret,
    finish,
  ],
  // The first answer fills the window, as the agent is told of it; what came before is then known by its summary alone.
  compaction: [(scene) => ({ ...readSecret(scene), usage: { ...USAGE, input: 60_000 } }), makeEffect, finish],
  'cut-short': [() => ({ text: 'this was cut sho', stop: 'length' })],
  refusal: [() => ({ text: '', stop: 'refusal' })],
  'tool-search': [() => ({ calls: [{ name: 'tool_search', input: { query: 'spawn agent', limit: 8 } }] }), finish],
  'unknown-tool': [() => ({ calls: [{ name: 'NoSuchTool', input: { x: 1 } }] }), finish],
}

/** What an agent, or a router for it, asks for when the conversation has grown too long. */
const ASKS_SUMMARY = /(?:write|create|provide)\b[^.]{0,80}\bsummary/i

/** The summary holds the prompt, so that the episode goes on from it, and what is known so far. */
function summaryOf({ episode, folder, round, secret }: Scene): Turn {
  return { text: `${promptFor(episode, folder)} ${round} rounds are over: ${secret}.` }
}

// opencode puts a prompt into quotes of its own.
const PROMPT = /Play the episode \\?"([\w-]+)\\?" in the folder \\?"([^"\\]+)\\?"/

function sceneOf(conversation: Conversation): Scene | undefined {
  const { messages } = conversation
  const asked = messages.findLastIndex((message) => message.role === 'user' && PROMPT.test(message.text))
  const [, episode, folder] = PROMPT.exec(messages[asked]?.text ?? '') ?? []
  if (!episode || !folder) return undefined
  const before = /(\d+) rounds are over: .*/.exec(messages[asked]?.text ?? '')
  const since = messages.slice(asked + 1)
  const results = since.filter((message) => message.role === 'tool')
  return {
    episode,
    folder,
    round: Number(before?.[1] ?? 0) + since.filter((message) => message.calls.length > 0).length,
    results,
    secret: SECRET.exec([...results.map((result) => result.text), before?.[0]].join('\n'))?.[0] ?? 'no secret',
    conversation,
  }
}
