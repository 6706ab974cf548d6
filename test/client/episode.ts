import type { Turn } from '../helper/turn.ts'
import type { Conversation, SeenMessage } from './conversation.ts'

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

/** Appends, so that a command that ran twice shows. */
const makeEffect: Step = ({ folder }) => ({
  text: 'I run a command.',
  calls: [{ name: 'Bash', input: { command: `printf 'made\\n' >> ${folder}/effect.txt`, description: 'Make a file' } }],
})
const readSecret: Step = ({ folder }) => ({ calls: [{ name: 'Read', input: { file_path: `${folder}/secret.txt` } }] })
const write: Step = ({ folder }) => ({
  calls: [{ name: 'Write', input: { file_path: `${folder}/written.txt`, content: 'Grüße: first\n' } }],
})
const edit: Step = ({ folder }) => ({
  calls: [
    { name: 'Edit', input: { file_path: `${folder}/written.txt`, old_string: 'first', new_string: 'second 🙂' } },
  ],
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
  image: [({ folder }) => ({ calls: [{ name: 'Read', input: { file_path: `${folder}/image.png` } }] }), finish],
  document: [({ folder }) => ({ calls: [{ name: 'Read', input: { file_path: `${folder}/document.pdf` } }] }), finish],
  'deferred-tool': [
    () => ({ calls: [{ name: 'ToolSearch', input: { query: 'select:NotebookEdit', max_results: 5 } }] }),
    finish,
  ],
  thinking: [
    (scene) => ({ ...readSecret(scene), reasoning: 'First I must read the file.', text: 'Let me look.' }),
    (scene) => ({ ...finish(scene), reasoning: 'Now I know the secret.' }),
  ],
  'broken-arguments': [() => ({ calls: [{ name: 'Bash', input: '{"command": "echo no", ' }] }), readSecret, finish],
  'cut-short': [() => ({ text: 'this was cut sho', stop: 'length' })],
  refusal: [() => ({ text: '', stop: 'refusal' })],
  'unknown-tool': [() => ({ calls: [{ name: 'NoSuchTool', input: { x: 1 } }] }), finish],
}

const PROMPT = /Play the episode "([\w-]+)" in the folder "([^"]+)"/

function sceneOf(conversation: Conversation): Scene | undefined {
  const { messages } = conversation
  const asked = messages.findLastIndex((message) => message.role === 'user' && PROMPT.test(message.text))
  const [, episode, folder] = PROMPT.exec(messages[asked]?.text ?? '') ?? []
  if (!episode || !folder) return undefined
  const since = messages.slice(asked + 1)
  const results = since.filter((message) => message.role === 'tool')
  return {
    episode,
    folder,
    round: since.filter((message) => message.calls.length > 0).length,
    results,
    secret: SECRET.exec(results.map((result) => result.text).join('\n'))?.[0] ?? 'no secret',
    conversation,
  }
}
