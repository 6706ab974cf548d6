import type { CatalogRow } from './row.ts'

/** Programs of this machine. None needs a key. */
export const local: readonly CatalogRow[] = [
  {
    name: 'ollama',
    title: 'Ollama on this machine',
    endpoints: [
      { protocol: 'openai-chat', url: 'http://127.0.0.1:11434/v1' },
      { protocol: 'anthropic-messages', url: 'http://127.0.0.1:11434/v1' },
      { protocol: 'openai-responses', url: 'http://127.0.0.1:11434/v1' },
    ],
    example: 'qwen3-coder',
    advice:
      'Ollama cuts longer prompts off at its own context length, without a word: start it with OLLAMA_CONTEXT_LENGTH=65536 or more, and write the number as `contextWindow`',
    sources: [
      'https://docs.ollama.com/api/openai-compatibility',
      'https://docs.ollama.com/api/anthropic-compatibility',
      'https://docs.ollama.com/context-length',
    ],
  },
  {
    name: 'lmstudio',
    title: 'LM Studio on this machine',
    endpoints: [
      { protocol: 'openai-chat', url: 'http://127.0.0.1:1234/v1' },
      { protocol: 'anthropic-messages', url: 'http://127.0.0.1:1234/v1' },
      { protocol: 'openai-responses', url: 'http://127.0.0.1:1234/v1' },
    ],
    example: 'qwen/qwen3-coder-30b',
    advice: 'load the model with a context length of 32768 or more: agents begin with long prompts',
    sources: [
      'https://lmstudio.ai/docs/developer/openai-compat',
      'https://lmstudio.ai/docs/developer/anthropic-compat',
    ],
  },
  {
    name: 'vllm',
    title: 'vLLM on this machine',
    endpoints: [
      { protocol: 'openai-chat', url: 'http://127.0.0.1:8000/v1' },
      { protocol: 'anthropic-messages', url: 'http://127.0.0.1:8000/v1' },
      { protocol: 'openai-responses', url: 'http://127.0.0.1:8000/v1' },
    ],
    example: 'Qwen/Qwen3-Coder-30B-A3B-Instruct',
    advice: 'for tool calls start it with --enable-auto-tool-choice and the --tool-call-parser of the model',
    sources: [
      'https://docs.vllm.ai/en/latest/serving/openai_compatible_server/',
      'https://docs.vllm.ai/en/latest/serving/integrations/claude_code/',
    ],
  },
  {
    name: 'llamacpp',
    aliases: ['llama-server'],
    title: 'llama.cpp on this machine',
    endpoints: [
      { protocol: 'openai-chat', url: 'http://127.0.0.1:8080/v1' },
      { protocol: 'anthropic-messages', url: 'http://127.0.0.1:8080/v1' },
      { protocol: 'openai-responses', url: 'http://127.0.0.1:8080/v1' },
    ],
    example: 'any name: it serves the model it was started with',
    advice: 'for tool calls start llama-server with --jinja',
    sources: ['https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md'],
  },
  {
    name: 'ccr',
    title: 'another ccr',
    endpoints: [
      { protocol: 'anthropic-messages', url: 'http://127.0.0.1:{port}/v1' },
      { protocol: 'openai-responses', url: 'http://127.0.0.1:{port}/v1' },
      { protocol: 'openai-chat', url: 'http://127.0.0.1:{port}/v1' },
      { protocol: 'gemini', url: 'http://127.0.0.1:{port}/v1beta' },
    ],
    parameters: { port: { what: 'the port that it listens on; or write its address as `origin`' } },
    example: 'provider,model',
    sources: ['README.md'],
  },
]
