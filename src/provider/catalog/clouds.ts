import type { CatalogRow, Parameter } from './row.ts'

const resource: Parameter = {
  variables: ['AZURE_RESOURCE_NAME', 'AZURE_OPENAI_RESOURCE_NAME'],
  what: 'the name of your Azure resource, as in https://NAME.openai.azure.com',
}

/** Where the project comes from if no variable names it. */
export const PROJECT_OF_CREDENTIALS = 'the credentials file'

const google = { credentials: '{credentials}' }
const aws = {
  region: '{region}',
  profile: '{profile}',
  access_key_id: '{access_key_id}',
  secret_access_key: '{secret_access_key}',
  session_token: '{session_token}',
}

/** The large clouds. */
export const clouds: readonly CatalogRow[] = [
  {
    name: 'azure',
    aliases: ['azure-openai', 'azure-foundry'],
    title: 'Azure OpenAI',
    endpoints: [
      {
        protocol: 'anthropic-messages',
        url: 'https://{resource}.services.ai.azure.com/anthropic/v1',
        auth: 'azure',
        serves: '^claude',
      },
      { protocol: 'openai-responses', url: 'https://{resource}.openai.azure.com/openai/v1', auth: 'azure' },
      { protocol: 'openai-chat', url: 'https://{resource}.openai.azure.com/openai/v1', auth: 'azure' },
    ],
    keys: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
    parameters: { resource },
    example: 'the name of a deployment',
    sources: [
      'https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle',
      'https://learn.microsoft.com/en-us/azure/ai-foundry/foundry-models/how-to/use-foundry-models-claude',
      'https://platform.claude.com/docs/en/build-with-claude/claude-in-microsoft-foundry',
    ],
  },
  {
    name: 'azure-deployments',
    aliases: ['azure-openai-deployments'],
    title: 'Azure OpenAI, dated API versions',
    endpoints: [
      {
        protocol: 'openai-chat',
        url: 'https://{resource}.openai.azure.com/openai',
        query: 'api-version={version}',
        auth: 'azure',
        addressing: 'azure-deployments',
      },
    ],
    keys: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
    parameters: {
      resource,
      version: {
        variables: ['AZURE_API_VERSION', 'OPENAI_API_VERSION'],
        default: '2024-10-21',
        what: 'the api-version',
      },
    },
    example: 'the name of a deployment',
    sources: ['https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference'],
  },
  {
    name: 'vertex',
    aliases: ['vertex-ai', 'google-vertex'],
    title: 'Google Vertex AI',
    endpoints: [
      {
        protocol: 'anthropic-messages',
        url: 'https://{host}/v1/projects/{project}/locations/{region}/publishers/anthropic',
        auth: 'google',
        authOptions: google,
        addressing: 'vertex-claude',
        serves: '^claude',
      },
      {
        protocol: 'gemini',
        url: 'https://{host}/v1/projects/{project}/locations/{region}/publishers/google',
        auth: 'google',
        authOptions: google,
        serves: '^[^/]+$',
      },
      {
        protocol: 'openai-chat',
        url: 'https://{host}/v1/projects/{project}/locations/{region}/endpoints/openapi',
        auth: 'google',
        authOptions: google,
        serves: '/',
      },
    ],
    parameters: {
      project: {
        variables: [
          'GOOGLE_CLOUD_PROJECT',
          'GCLOUD_PROJECT',
          'ANTHROPIC_VERTEX_PROJECT_ID',
          'GOOGLE_VERTEX_PROJECT',
          PROJECT_OF_CREDENTIALS,
        ],
        what: 'the id of your Google Cloud project',
      },
      region: {
        variables: ['GOOGLE_CLOUD_LOCATION', 'CLOUD_ML_REGION', 'GOOGLE_VERTEX_LOCATION'],
        default: 'global',
        what: 'the region, or `global`',
      },
      credentials: {
        variables: ['GOOGLE_APPLICATION_CREDENTIALS'],
        what: 'the JSON file of a service account',
        optional: true,
      },
      host: {
        what: 'the host of the region',
        from: {
          parameter: 'region',
          known: {
            global: 'aiplatform.googleapis.com',
            us: 'aiplatform.us.rep.googleapis.com',
            eu: 'aiplatform.eu.rep.googleapis.com',
          },
          otherwise: '{region}-aiplatform.googleapis.com',
        },
      },
    },
    example: 'claude-sonnet-4-5@20250929',
    sources: [
      'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/learn/locations',
      'https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai',
      'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/count-tokens',
      'https://docs.cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/overview',
    ],
  },
  {
    name: 'bedrock',
    aliases: ['aws', 'aws-bedrock', 'amazon-bedrock'],
    title: 'Amazon Bedrock',
    endpoints: [
      { protocol: 'bedrock-converse', url: 'https://bedrock-runtime.{region}.amazonaws.com', authOptions: aws },
      {
        protocol: 'anthropic-messages',
        url: 'https://bedrock-runtime.{region}.amazonaws.com',
        auth: 'aws-sigv4',
        authOptions: aws,
        addressing: 'bedrock-invoke',
        serves: String.raw`anthropic\.`,
      },
    ],
    keys: ['AWS_BEARER_TOKEN_BEDROCK'],
    parameters: {
      region: { variables: ['AWS_REGION', 'AWS_DEFAULT_REGION'], what: 'the region, `us-east-1` say' },
      profile: { what: "the profile of AWS's files", optional: true },
      access_key_id: { what: 'the id of an access key of AWS', optional: true },
      secret_access_key: { what: 'the secret of that access key', optional: true },
      session_token: { what: 'the token of temporary credentials of AWS', optional: true },
    },
    example: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    advice:
      'without a key its requests are signed with the credentials of AWS: AWS_ACCESS_KEY_ID and so on, or a profile (`aws sso login`)',
    sources: [
      'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
      'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html',
      'https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html',
    ],
  },
]
