const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const EPHEMERAL = { type: 'ephemeral' }

const SYSTEM = [
  { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.330.2b8; cc_entrypoint=cli;' },
  { type: 'text', text: 'You are an agent.', cache_control: EPHEMERAL },
  { type: 'text', text: 'Work with the user towards their goals.', cache_control: { type: 'ephemeral', ttl: '1h' } },
]

const READ = {
  name: 'Read',
  description: 'Reads a file.',
  input_schema: {
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: {
      file_path: { type: 'string', description: 'Where', pattern: '^/' },
      offset: { type: 'integer', exclusiveMinimum: 0, maximum: 9007199254740991 },
      mode: { anyOf: [{ type: 'string', enum: ['a', 'b'] }, { type: 'null' }] },
      nested: { type: ['object', 'null'], properties: { inner: { $ref: '#/definitions/node' } } },
    },
    definitions: { node: { type: 'array', items: { $ref: '#/definitions/node' } } },
    required: ['file_path'],
    additionalProperties: false,
  },
}

const TOOLS = [
  READ,
  {
    name: 'Bash',
    description: 'Runs a command.',
    input_schema: { type: 'object', properties: { command: { type: 'string' } } },
  },
  { ...READ, name: 'DeferredToolPlaceholder', defer_loading: true },
  { name: 'mcp__files.server__read/all', input_schema: { type: 'object' }, cache_control: EPHEMERAL },
]

const COMMON = {
  model: 'claude-opus-5-5',
  max_tokens: 32000,
  system: SYSTEM,
  tools: TOOLS,
  thinking: { type: 'adaptive', display: 'updates' },
  output_config: { effort: 'medium' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  metadata: {
    user_id: JSON.stringify({ device_id: 'd', account_uuid: '', session_id: '00000000-0000-4000-8000-000000000001' }),
  },
  stream: true,
}

const FIRST_TURN = [
  {
    role: 'user',
    content: [
      { type: 'text', text: '<system-reminder>\nNotes\n</system-reminder>' },
      { type: 'text', text: 'Read the file, please.', cache_control: EPHEMERAL },
    ],
  },
  { role: 'system', content: [{ type: 'text', text: '# Environment\nLinux' }], output_config: { effort: 'medium' } },
]

/** Requests in the shapes that Claude Code and the SDK send, small enough to be bent ten thousand times. */
export const ANTHROPIC_REQUESTS: readonly Readonly<Record<string, unknown>>[] = [
  { ...COMMON, messages: FIRST_TURN },
  {
    ...COMMON,
    messages: [
      ...FIRST_TURN,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Two files.', signature: 'c2lnbmF0dXJl' },
          { type: 'redacted_thinking', data: 'ZW5jcnlwdGVk' },
          { type: 'text', text: 'I read both.' },
          { type: 'tool_use', id: 'toolu_01', name: 'Read', input: { file_path: '/a', offset: '@@huge@@' } },
          { type: 'tool_use', id: 'toolu_02', name: 'Bash', input: {} },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_01', content: 'one line', cache_control: EPHEMERAL },
          {
            type: 'tool_result',
            tool_use_id: 'toolu_02',
            is_error: true,
            content: [
              { type: 'text', text: 'failed' },
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } },
              { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0xLjQ=' } },
              { type: 'tool_reference', tool_name: 'Bash' },
            ],
          },
          { type: 'text', text: 'Go on.' },
        ],
      },
      { role: 'system', content: 'A later note.' },
    ],
  },
  {
    model: 'claude-haiku-4-5',
    max_tokens: 400,
    temperature: 1,
    top_p: 0.9,
    top_k: 40,
    stop_sequences: ['END', 'STOP'],
    system: 'Write a title.',
    messages: [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hello. ' },
      { role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }] },
    ],
    output_config: {
      format: {
        type: 'json_schema',
        schema: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] },
      },
    },
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    tools: [READ],
  },
  {
    model: 'claude-opus-5-5',
    max_tokens: 4096,
    messages: [{ role: 'user', content: 'What is new?' }],
    tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8, allowed_domains: ['example.com'] }],
    thinking: { type: 'enabled', budget_tokens: 2048 },
    tool_choice: { type: 'tool', name: 'web_search' },
    stream: true,
  },
]
