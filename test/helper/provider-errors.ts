import type { ProtocolId } from '../../src/canonical/native.ts'

/** How a provider says no; `body` is text where it is no JSON. */
export interface Refusal {
  readonly by: string
  readonly protocol: ProtocolId
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

const chat = (by: string, status: number, body: unknown, headers: Record<string, string> = {}): Refusal => ({
  by,
  protocol: 'openai-chat',
  status,
  body,
  headers,
})
const gemini = (by: string, code: number, status: string, message: string, details?: unknown): Refusal => ({
  by,
  protocol: 'gemini',
  status: code,
  body: { error: { code, message, status, ...(details !== undefined && { details }) } },
})
const anthropic = (by: string, status: number, type: string, message: string, headers = {}): Refusal => ({
  by,
  protocol: 'anthropic-messages',
  status,
  headers,
  body: { type: 'error', error: { type, message }, request_id: 'req_0123' },
})
const openaiError = (message: string, code: string | number | null, type = 'invalid_request_error') => ({
  error: { message, type, param: null, code },
})

const TOO_LONG = 'context_length_exceeded'

/** What providers say to a prompt that does not fit, and what Claude Code must be told of it. */
export const OVERFLOWS: readonly (Refusal & { readonly told: string })[] = [
  {
    ...chat(
      'OpenAI',
      400,
      openaiError(
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130123 tokens. Please reduce the length of the messages.",
        TOO_LONG,
      ),
    ),
    told: 'prompt is too long: 130123 tokens > 128000 maximum',
  },
  {
    ...chat(
      'OpenAI, newer',
      400,
      openaiError(
        'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 280123 tokens.',
        TOO_LONG,
      ),
    ),
    told: 'prompt is too long: 280123 tokens > 272000 maximum',
  },
  {
    ...chat(
      'DeepSeek',
      400,
      openaiError(
        "This model's maximum context length is 131072 tokens. However, you requested 139264 tokens (131264 in the messages, 8000 in the completion). Please reduce the length of the messages or completion.",
        'invalid_request_error',
      ),
    ),
    told: 'prompt is too long: 139264 tokens > 131072 maximum',
  },
  {
    ...chat(
      'DeepSeek, for the output alone',
      400,
      openaiError(
        "This model's maximum context length is 131072 tokens. However, you requested 131134 tokens (122942 in the messages, 8192 in the completion).",
        'invalid_request_error',
      ),
    ),
    told: 'input length and `max_tokens` exceed context limit: 122942 + 8192 > 131072',
  },
  {
    ...chat('vLLM', 400, {
      object: 'error',
      message:
        "This model's maximum context length is 32768 tokens. However, your request has 40001 input tokens. Please reduce the length of the input messages.",
      type: 'BadRequestError',
      param: null,
      code: 400,
    }),
    told: 'prompt is too long: 40001 tokens > 32768 maximum',
  },
  {
    ...chat('OpenRouter', 400, {
      error: {
        code: 400,
        message: 'Provider returned error',
        metadata: {
          provider_name: 'DeepInfra',
          raw: JSON.stringify({
            error: {
              message:
                "This endpoint's maximum context length is 131072 tokens. However, you requested about 200123 tokens (180000 of text input, 4000 of tool input, 16123 in the output).",
            },
          }),
        },
      },
      user_id: 'user_1',
    }),
    told: 'prompt is too long: 200123 tokens > 131072 maximum',
  },
  {
    ...chat('Mistral', 400, {
      object: 'error',
      message: 'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      type: 'invalid_request_error',
      code: 3051,
    }),
    told: 'prompt is too long: 40000 tokens > 32768 maximum',
  },
  {
    ...chat('xAI', 400, {
      code: 'Client specified an invalid argument',
      error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    }),
    told: 'prompt is too long: 537812 tokens > 131072 maximum',
  },
  {
    ...chat('Groq', 400, openaiError('Please reduce the length of the messages or completion.', TOO_LONG)),
    told: 'prompt is too long',
  },
  {
    ...chat('Cerebras', 400, {
      message: 'Please reduce the length of the messages or completion. Current length is 50123 while limit is 8192',
      type: 'invalid_request_error',
      param: 'messages',
      code: TOO_LONG,
    }),
    told: 'prompt is too long: 50123 tokens > 8192 maximum',
  },
  {
    ...chat('llama.cpp', 400, {
      error: {
        code: 400,
        message:
          'the request exceeds the available context size. try increasing the context size or enable context shift',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 14429,
        n_ctx: 8192,
      },
    }),
    told: 'prompt is too long: 14429 tokens > 8192 maximum',
  },
  {
    ...chat('LM Studio', 400, {
      error:
        'Trying to keep the first 111490 tokens when context the overflows. However, the model is loaded with context length of only 32768 tokens, which is not enough.',
    }),
    told: 'prompt is too long: 111490 tokens > 32768 maximum',
  },
  {
    ...chat('LM Studio, newer', 400, { error: 'Cannot truncate prompt with n_keep (15028) >= n_ctx (7424)' }),
    told: 'prompt is too long: 15028 tokens > 7424 maximum',
  },
  {
    ...chat(
      'Together',
      422,
      openaiError("The input (40000 tokens) is longer than the model's context length (32768 tokens).", null),
    ),
    told: 'prompt is too long: 40000 tokens > 32768 maximum',
  },
  {
    ...chat(
      'Fireworks',
      400,
      openaiError('The prompt is too long: 140000, model maximum context length: 131072', null),
    ),
    told: 'prompt is too long: 140000 tokens > 131072 maximum',
  },
  {
    ...chat(
      'GitHub Copilot',
      400,
      openaiError('prompt token count of 140000 exceeds the limit of 128000', 'model_max_prompt_tokens_exceeded'),
    ),
    told: 'prompt is too long: 140000 tokens > 128000 maximum',
  },
  {
    ...chat('Moonshot', 400, openaiError('Invalid request: Your request exceeded model token limit: 131072', null)),
    told: 'prompt is too long',
  },
  {
    ...chat(
      'Qwen',
      400,
      openaiError(
        '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]',
        'invalid_parameter_error',
      ),
    ),
    told: 'prompt is too long',
  },
  {
    ...chat('a server that takes it for a failure of its own', 500, {
      object: 'error',
      message: 'Requested token count exceeds the model’s maximum context length of 40960 tokens',
    }),
    told: 'prompt is too long',
  },
  {
    ...chat('Text Generation Inference', 422, {
      error: 'Input validation error: `inputs` must have less than 4096 tokens. Given: 5000',
      error_type: 'validation',
    }),
    told: 'prompt is too long',
  },
  {
    ...chat('Text Generation Inference, with its answer', 422, {
      error:
        'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3900 `inputs` tokens and 1000 `max_new_tokens`',
      error_type: 'validation',
    }),
    told: 'prompt is too long',
  },
  {
    ...chat('MiniMax', 400, {
      base_resp: { status_code: 2013, status_msg: 'invalid params, context window exceeds limit (2013)' },
    }),
    told: 'prompt is too long',
  },
  {
    ...chat('Z.AI', 400, { error: { code: '1261', message: 'Prompt exceeds max length' } }),
    told: 'prompt is too long',
  },
  {
    ...gemini(
      'Gemini',
      400,
      'INVALID_ARGUMENT',
      'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    ),
    told: 'prompt is too long: 1200000 tokens > 1048576 maximum',
  },
  {
    ...anthropic('Anthropic', 400, 'invalid_request_error', 'prompt is too long: 210031 tokens > 200000 maximum'),
    told: 'prompt is too long: 210031 tokens > 200000 maximum',
  },
  {
    ...anthropic('Bedrock', 400, 'invalid_request_error', 'Input is too long for requested model.'),
    told: 'prompt is too long',
  },
]

/** What providers say of other failures, and the type that an Anthropic client must be told. */
export const FAILURES: readonly (Refusal & {
  readonly type: string
  readonly says: string
  readonly waits?: string
})[] = [
  {
    ...chat('OpenAI: key', 401, openaiError('Incorrect API key provided: sk-abcd*****wxyz.', 'invalid_api_key')),
    type: 'authentication_error',
    says: 'Incorrect API key',
  },
  {
    ...chat(
      'OpenAI: quota',
      429,
      openaiError(
        'You exceeded your current quota, please check your plan and billing details.',
        'insufficient_quota',
        'insufficient_quota',
      ),
    ),
    type: 'rate_limit_error',
    says: 'current quota',
  },
  {
    ...chat(
      'OpenAI: rate',
      429,
      openaiError(
        'Rate limit reached for gpt-x in organization org-1 on tokens per min (TPM): Limit 30000, Used 29000, Requested 4000. Please try again in 6s.',
        'rate_limit_exceeded',
        'tokens',
      ),
      { 'retry-after': '6' },
    ),
    type: 'rate_limit_error',
    says: 'Rate limit reached',
    waits: '6',
  },
  {
    ...chat('OpenAI: rate, in milliseconds', 429, openaiError('Rate limit reached.', 'rate_limit_exceeded'), {
      'retry-after-ms': '1500',
    }),
    type: 'rate_limit_error',
    says: 'Rate limit',
    waits: '2',
  },
  {
    ...chat(
      'OpenAI: model',
      404,
      openaiError('The model `gpt-9` does not exist or you do not have access to it.', 'model_not_found'),
    ),
    type: 'not_found_error',
    says: 'gpt-9',
  },
  {
    ...chat(
      'OpenAI: field',
      400,
      openaiError("Unsupported parameter: 'max_tokens' is not supported with this model.", 'unsupported_parameter'),
    ),
    type: 'invalid_request_error',
    says: 'max_tokens',
  },
  {
    ...chat('OpenAI: server', 500, {
      error: {
        message: 'The server had an error while processing your request. Sorry about that!',
        type: 'server_error',
        param: null,
        code: null,
      },
    }),
    type: 'api_error',
    says: 'server had an error',
  },
  {
    ...chat(
      'OpenAI: overload',
      503,
      openaiError('That model is currently overloaded with other requests.', null, 'server_error'),
    ),
    type: 'overloaded_error',
    says: 'overloaded',
  },
  {
    ...chat('Azure: filter', 400, {
      error: {
        message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: { code: 'ResponsibleAIPolicyViolation' },
      },
    }),
    type: 'invalid_request_error',
    says: 'filtered',
  },
  {
    ...chat('Azure: subscription', 401, {
      statusCode: 401,
      message: 'Unauthorized. Access token is missing, invalid or expired.',
    }),
    type: 'authentication_error',
    says: 'Access token',
  },
  {
    ...chat('DeepSeek: balance', 402, openaiError('Insufficient Balance', 'invalid_request_error', 'unknown_error')),
    type: 'billing_error',
    says: 'Insufficient Balance',
  },
  {
    ...chat('OpenRouter: credits', 402, {
      error: {
        message:
          'This request requires more credits, or fewer max_tokens. You requested up to 32000 tokens, but can only afford 1200.',
        code: 402,
      },
    }),
    type: 'billing_error',
    says: 'more credits',
  },
  {
    ...chat('OpenRouter: upstream rate', 429, {
      error: {
        message: 'Provider returned error',
        code: 429,
        metadata: {
          raw: 'glm-x is temporarily rate-limited upstream. Please retry shortly.',
          provider_name: 'BaseTen',
        },
      },
    }),
    type: 'rate_limit_error',
    says: 'rate-limited upstream',
  },
  {
    ...chat('OpenRouter: error in an error', 400, {
      error: {
        message: 'Provider returned error',
        code: 400,
        metadata: {
          raw: '{\n  "error": {\n    "message": "Model supports at most 1 image per prompt.",\n    "type": "invalid_request_error",\n    "param": "input",\n    "code": null\n  }\n}',
          provider_name: 'Crucible',
          is_byok: false,
        },
      },
      user_id: 'org_2',
    }),
    type: 'invalid_request_error',
    says: 'at most 1 image',
  },
  {
    ...chat('OpenRouter: moderation', 403, {
      error: {
        message: 'Your chosen model requires moderation and your input was flagged.',
        code: 403,
        metadata: { reasons: ['x'], flagged_input: 'y' },
      },
    }),
    type: 'permission_error',
    says: 'flagged',
  },
  {
    ...chat('three levels of escaping', 400, {
      error: {
        message: JSON.stringify({
          error: { message: JSON.stringify({ error: { message: 'tools.0: "input_schema" is wrong' } }) },
        }),
        type: 'provider_response_error',
      },
    }),
    type: 'invalid_request_error',
    says: 'input_schema',
  },
  {
    ...chat('a router with a stack trace', 500, {
      error: {
        message: `Error from provider(x,y: 500): {"error":{"message":"upstream is down","code":500}}Error: Error from provider(x,y: 500)\n    at createApiError (/home/someone/dist/cli.cjs:75173:17)\n    at async sendRequest (/home/someone/dist/cli.cjs:75500:19)`,
        type: 'api_error',
        code: 'provider_response_error',
      },
    }),
    type: 'api_error',
    says: 'upstream is down',
  },
  {
    ...chat('LiteLLM', 400, {
      error: {
        message:
          'litellm.BadRequestError: OpenAIException - {"error":{"message":"Invalid value: \'developer\'.","type":"invalid_request_error"}}. Received Model Group=x\nAvailable Model Group Fallbacks=None',
        type: null,
        param: null,
        code: '400',
      },
    }),
    type: 'invalid_request_error',
    says: "Invalid value: 'developer'",
  },
  {
    ...chat('FastAPI', 422, {
      detail: [
        { loc: ['body', 'messages', 0, 'content'], msg: 'str type expected', type: 'type_error.str' },
        { loc: ['body', 'top_k'], msg: 'extra fields not permitted' },
      ],
    }),
    type: 'invalid_request_error',
    says: 'str type expected',
  },
  {
    ...chat('Ollama', 404, { error: 'model "qwen-x" not found, try pulling it first' }),
    type: 'not_found_error',
    says: 'try pulling it',
  },
  {
    ...chat('Groq: tool use', 400, {
      error: {
        message: 'Failed to call a function. Please adjust your prompt. See failed_generation for more details.',
        type: 'invalid_request_error',
        code: 'tool_use_failed',
        failed_generation: '<function=x>{"a": 1}</function>'.repeat(50),
      },
    }),
    type: 'invalid_request_error',
    says: 'Failed to call a function',
  },
  {
    ...chat(
      'nginx',
      502,
      '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n',
    ),
    type: 'api_error',
    says: '502 Bad Gateway',
  },
  {
    ...chat(
      'Cloudflare',
      524,
      `<!DOCTYPE html><html><head><title>api.example.com | 524: A timeout occurred</title><style>${'x{}'.repeat(3000)}</style></head><body>${'<div>'.repeat(2000)}</body></html>`,
    ),
    type: 'timeout_error',
    says: 'A timeout occurred',
  },
  {
    ...chat(
      'a long list',
      400,
      openaiError(
        `Invalid schema for function 'x': ${JSON.stringify({ type: 'object', properties: Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`key${index}`, { type: 'string' }])) })} is not valid`,
        'invalid_function_parameters',
      ),
    ),
    type: 'invalid_request_error',
    says: "Invalid schema for function 'x'",
  },
  { ...chat('nothing', 500, ''), type: 'api_error', says: '500' },
  {
    ...gemini(
      'Gemini: rate',
      429,
      'RESOURCE_EXHAUSTED',
      'You exceeded your current quota, please check your plan and billing details.\n* Quota exceeded for metric: generate_content_free_tier_requests, limit: 10\nPlease retry in 34.4s.',
      [
        {
          '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
          violations: [{ quotaId: 'GenerateRequestsPerMinutePerProject' }],
        },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' },
      ],
    ),
    type: 'rate_limit_error',
    says: 'current quota',
    waits: '35',
  },
  {
    ...gemini('Gemini: overload', 503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
    type: 'overloaded_error',
    says: 'overloaded',
  },
  {
    ...gemini('Gemini: key', 400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
      { reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
    ]),
    type: 'authentication_error',
    says: 'API key not valid',
  },
  {
    ...gemini(
      'Gemini: schema',
      400,
      'INVALID_ARGUMENT',
      "* GenerateContentRequest.tools[0].function_declarations[3].parameters.properties[x].format: only 'enum' and 'date-time' are supported for STRING type\n",
      [],
    ),
    type: 'invalid_request_error',
    says: 'function_declarations',
  },
  {
    ...anthropic('Anthropic: overload', 529, 'overloaded_error', 'Overloaded', { 'x-should-retry': 'true' }),
    type: 'overloaded_error',
    says: 'Overloaded',
  },
  {
    ...anthropic(
      'Anthropic: rate',
      429,
      'rate_limit_error',
      'This request would exceed the rate limit for your organization of 30,000 input tokens per minute.',
      { 'retry-after': '12' },
    ),
    type: 'rate_limit_error',
    says: 'rate limit',
    waits: '12',
  },
  {
    ...anthropic(
      'Anthropic: credit',
      400,
      'invalid_request_error',
      'Your credit balance is too low to access the Anthropic API.',
    ),
    type: 'billing_error',
    says: 'credit balance',
  },
]
