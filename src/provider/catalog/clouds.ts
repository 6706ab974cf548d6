import type { CatalogRow, Parameter } from './row.ts'

const resource: Parameter = {
  variables: ['AZURE_RESOURCE_NAME', 'AZURE_OPENAI_RESOURCE_NAME'],
  what: 'the name of your Azure resource, as in https://NAME.openai.azure.com',
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
        serves: '^claude',
      },
      { protocol: 'openai-responses', url: 'https://{resource}.openai.azure.com/openai/v1', auth: 'api-key' },
      { protocol: 'openai-chat', url: 'https://{resource}.openai.azure.com/openai/v1', auth: 'api-key' },
    ],
    keys: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
    parameters: { resource },
    example: 'the name of a deployment',
    sources: [
      'https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle',
      'https://learn.microsoft.com/en-us/azure/ai-foundry/foundry-models/how-to/use-foundry-models-claude',
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
        auth: 'api-key',
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
]
