/** What a family of models can hold and give, in tokens. Absent: not documented, or not the same everywhere. */
export type LimitRow = readonly [names: string, window: number, output?: number]

const K = 1024

/**
 * Windows (input and output together) and output limits as the vendors document them. The first row that fits counts.
 *
 * A row's names are a regular expression for the whole id in lower case, without what stands before its last `/` (if
 * the row itself has none). `#` stands for a version: `-latest`, `-preview`, a date, or nothing. A family never takes
 * a neighbour: `gpt-5` is not `gpt-5-mini`. Where hosts differ, the largest window counts: a prompt that would have
 * fitted must not be refused.
 */
export const knownModels: readonly LimitRow[] = [
  // https://platform.claude.com/docs/en/about-claude/models/overview
  ['claude-(fable|mythos)-5([.-][12])?#', 1_000_000, 128_000],
  ['claude-opus-(4[.-][678]|5([.-]5)?)(-fast)?#', 1_000_000, 128_000],
  ['claude-sonnet-(4[.-]6|5([.-]5)?)#', 1_000_000, 128_000],
  ['claude-haiku-5[.-]5#', 1_000_000, 128_000],
  ['claude-(opus|sonnet|haiku)-4[.-]5#', 200_000, 64_000],
  ['claude-opus-4([.-][01])?#', 200_000, 32_000],
  ['claude-(sonnet-4([.-]0)?|3[.-]7-sonnet)#', 200_000, 64_000],
  ['claude-3[.-]5-(sonnet|haiku)#', 200_000, 8192],
  ['claude-3-(opus|sonnet|haiku)#', 200_000, 4096],

  // https://developers.openai.com/api/docs/models
  ['gpt-6([.]1)?-(astra|sol|terra|luna)(-fast)?#', 1_050_000, 128_000],
  ['gpt-5[.]6(-(sol|terra|luna))?(-fast)?#', 1_050_000, 128_000],
  ['gpt-5[.][45](-pro|-fast)?#', 1_050_000, 128_000],
  ['gpt-5[.]4-(mini|nano)#', 400_000, 128_000],
  ['gpt-5([.][123])?-chat#', 128_000, 16_384],
  ['gpt-5-pro#', 400_000, 272_000],
  ['gpt-5([.][12]|[.]2-pro)?#', 400_000, 128_000],
  ['gpt-5-(mini|nano)#', 400_000, 128_000],
  ['gpt-5([.][123])?-codex#', 400_000, 128_000],
  ['gpt-5[.]1-codex-(max|mini)#', 400_000, 128_000],
  ['gpt-5[.]3-codex-spark#', 128_000],
  ['gpt-4[.]1(-mini|-nano)?#', 1_047_576, 32_768],
  ['gpt-4o-2024-05-13', 128_000, 4096],
  ['(gpt-4o(-mini)?|chatgpt-4o)#', 128_000, 16_384],
  ['gpt-4-(turbo#|(1106|0125)-preview)', 128_000, 4096],
  ['gpt-4(-0613)?', 8192, 8192],
  ['gpt-3[.]5-turbo(-0125|-1106)?', 16_385, 4096],
  ['o1-mini#', 128_000, 65_536],
  ['o1-preview#', 128_000, 32_768],
  ['(o1(-pro)?|o3(-mini|-pro|-deep-research)?|o4-mini(-deep-research)?|codex-mini)#', 200_000, 100_000],
  // https://developers.openai.com/api/docs/models/gpt-oss-120b
  ['gpt-oss-(20|120)b', 128 * K, 128 * K],

  // https://ai.google.dev/gemini-api/docs/models
  ['gemini-4-argon#', K * K],
  ['gemini-(2[.]5|3([.][1-9])?)-(pro|flash|flash-lite)(-preview-customtools)?#', K * K, 64 * K],
  ['gemini-(pro|flash|flash-lite)-latest', K * K, 64 * K],
  ['gemini-2[.]0-flash(-lite)?#', K * K, 8192],
  ['gemini-1[.]5-pro#', 2 * K * K, 8192],
  ['gemini-1[.]5-flash(-8b)?#', K * K, 8192],

  // https://api-docs.deepseek.com/quick_start/pricing; the older weights as their hosts serve them
  ['deepseek/deepseek-chat', 160 * K],
  ['deepseek-(chat|reasoner|flash|v4-(flash|pro)|v4[.]1-flash|v4-flash-vision-exp)#', K * K, 384 * K],
  ['deepseek-((chat-)?v3([.][12])?(-terminus|-exp|-speciale)?|r1)#', 160 * K],

  // https://docs.z.ai/guides/llm/glm-4.6
  ['glm-5[.][23](-(flash|flashx|fast|highspeed|prime))?', K * K, 128 * K],
  ['glm-5(v|[.]1)?(-turbo)?', 200 * K, 128 * K],
  ['glm-4[.][67](-(flash|flashx))?', 200 * K, 128 * K],
  ['glm-4[.]6v(-(flash|flashx))?', 128 * K, 32 * K],
  ['glm-4[.]5v', 64 * K, 16 * K],
  ['glm-4[.]5(-(air|x|airx|flash))?', 128 * K, 96 * K],

  // https://platform.moonshot.ai/docs/introduction
  ['kimi-k3([.]1-pro)?(-highspeed)?', K * K],
  ['kimi-k2([.][567](-code)?(-highspeed)?|-thinking(-turbo)?|-turbo(-preview)?|(-instruct)?-0905(-preview)?)', 256 * K],
  ['kimi-k2(-instruct)?(-0711)?(-preview)?', 128 * K],

  // https://www.alibabacloud.com/help/en/model-studio/models
  ['qwen3[.][78]-(max|plus|flash)#', 1_000_000, 131_072],
  ['qwen3[.][56]-(plus|flash)#', 1_000_000, 65_536],
  ['qwen3-max#', 262_144, 65_536],
  ['qwen3-coder-(plus|flash)#', 1_000_000, 65_536],
  ['qwen3-coder(-next|-480b-a35b-instruct|-30b-a3b-instruct)?', 262_144, 65_536],
  ['qwen-(plus|flash)#', 1_000_000, 32_768],
  ['qwen3[.][568]-(9b|27b|35b-a3b|122b-a10b|397b-a17b)', 262_144],
  ['qwen3-((30b-a3b|235b-a22b)(-instruct|-thinking)?-2507|next-80b-a3b-(instruct|thinking))', 262_144],
  ['qwen3-(8b|14b|32b|30b-a3b|235b-a22b)', 131_072],

  // https://platform.minimax.io/docs/guides/models-intro
  ['minimax-m3([.]1-flash)?', 1_000_000, 512 * K],
  ['minimax-m2([.][157])?(-lightning|-highspeed)?', 204_800],

  // https://docs.x.ai/docs/models
  ['grok-4[.][567]#', 500_000],
  ['grok-4[.]3#', 1_000_000],
  ['grok-4([.-]1)?-fast(-(non-)?reasoning)?#', 2_000_000],
  ['grok-(4|code-fast(-1)?)#', 256_000],
  ['grok-3(-mini)?(-fast)?#', 131_072],

  // https://docs.mistral.ai/getting-started/models
  ['mistral-large-4([.-]0)?', K * K],
  ['mistral-(large-2512|medium-(2508|2604|3[.-]5)|small-2603)', 256 * K],
  ['mistral-(large-24(07|11)|medium-(2505|3([.]1)?)|small-(2503|2506))', 128 * K],
  ['devstral-(2512|latest|medium-latest)', 256 * K],
  ['devstral-(medium|small)-2507', 128 * K],
  ['codestral-(2501|2508|latest)', 256_000],

  // https://www.llama.com/docs/model-cards-and-prompt-formats
  ['llama-4-scout(-17b-16e-instruct)?(-fp8)?', 10 * K * K],
  ['llama-4-maverick(-17b-128e-instruct)?(-fp8)?', K * K],
  [
    '(meta-)?llama-3[.][123]-(1b|3b|8b|70b|405b|11b-vision|90b-vision)(-instruct|-instant|-versatile)?(-turbo|-fp8)?',
    128 * K,
  ],
  ['(meta-)?llama-3-(8b|70b)(-instruct)?', 8192],
]
