import type { ScriptedCall } from '../helper/turn.ts'

/** How an agent's tools are called for what every episode needs. */
export interface Toolbox {
  /** The name of the tool that runs a command. */
  readonly shell: string
  /** Appends, so that a command that ran twice shows. */
  makeEffect(folder: string): ScriptedCall
  read(file: string): ScriptedCall
  /** One line. */
  write(file: string, line: string): ScriptedCall
  edit(file: string, from: string, to: string): ScriptedCall
  /** Shows the model an image. */
  look(file: string): ScriptedCall
}

/** The tools of the agent that offers these. */
export function toolboxFor(tools: ReadonlyMap<string, unknown>): Toolbox {
  if (tools.has('exec_command')) return tools.has('apply_patch') ? codex : codexWithoutPatch
  if (tools.has('run_shell_command')) return tools.has('replace') ? geminiCli : qwenCode
  return tools.has('bash') ? opencode : claudeCode
}

const effectOf = (folder: string): string => `printf 'made\\n' >> ${folder}/effect.txt`

const claudeCode: Toolbox = {
  shell: 'Bash',
  makeEffect: (folder) => ({ name: 'Bash', input: { command: effectOf(folder), description: 'Make a file' } }),
  read: (file) => ({ name: 'Read', input: { file_path: file } }),
  write: (file, line) => ({ name: 'Write', input: { file_path: file, content: `${line}\n` } }),
  edit: (file, from, to) => ({ name: 'Edit', input: { file_path: file, old_string: from, new_string: to } }),
  look: (file) => ({ name: 'Read', input: { file_path: file } }),
}

const geminiCli: Toolbox = {
  shell: 'run_shell_command',
  makeEffect: (folder) => ({ name: 'run_shell_command', input: { command: effectOf(folder) } }),
  read: (file) => ({ name: 'read_file', input: { file_path: file } }),
  write: (file, line) => ({ name: 'write_file', input: { file_path: file, content: `${line}\n` } }),
  edit: (file, from, to) => ({
    name: 'replace',
    input: { file_path: file, instruction: `Say ${to}`, old_string: from, new_string: to },
  }),
  look: (file) => ({ name: 'read_file', input: { file_path: file } }),
}

const qwenCode: Toolbox = {
  ...geminiCli,
  makeEffect: (folder) => ({ name: 'run_shell_command', input: { command: effectOf(folder), is_background: false } }),
  edit: (file, from, to) => ({ name: 'edit', input: { file_path: file, old_string: from, new_string: to } }),
}

const opencode: Toolbox = {
  shell: 'bash',
  makeEffect: (folder) => ({ name: 'bash', input: { command: effectOf(folder), description: 'Make a file' } }),
  read: (file) => ({ name: 'read', input: { filePath: file } }),
  write: (file, line) => ({ name: 'write', input: { filePath: file, content: `${line}\n` } }),
  edit: (file, from, to) => ({ name: 'edit', input: { filePath: file, oldString: from, newString: to } }),
  look: (file) => ({ name: 'read', input: { filePath: file } }),
}

const command = (cmd: string): ScriptedCall => ({ name: 'exec_command', input: { cmd } })
const patch = (...lines: readonly string[]): ScriptedCall => ({
  name: 'apply_patch',
  input: { input: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') },
})

const codex: Toolbox = {
  shell: 'exec_command',
  makeEffect: (folder) => command(effectOf(folder)),
  read: (file) => command(`cat ${file}`),
  write: (file, line) => patch(`*** Add File: ${file}`, `+${line}`),
  edit: (file, from, to) => patch(`*** Update File: ${file}`, '@@', `-${from}`, `+${to}`),
  look: (file) => ({ name: 'view_image', input: { path: file } }),
}

/** Codex offers its patches only to models that it knows. */
const codexWithoutPatch: Toolbox = {
  ...codex,
  write: (file, line) => command(`printf '${line}\\n' > ${file}`),
  edit: (file, from, to) => command(`sed -i 's/${from}/${to}/' ${file}`),
}
