/** A config to start from in the form with endpoints, with its comments. */
export const endpointStarter = `{
  // Whom ccr calls. Comments and trailing commas are welcome; \`ccr config check\` says whether all is right.

  "port": 3000,
  "logLevel": "info",

  "endpoints": [
    // $NAME is a variable of the environment; a key may also stand here itself. Without one, clients bring their own:
    // as the key ccr:<key>.
    {
      "name": "anthropic",
      "type": "anthropic",
      "apiKey": "$ANTHROPIC_API_KEY",
      "baseUrl": "https://api.anthropic.com/v1",
    },

    // Types: anthropic, openai, gemini, and custom for whatever else speaks OpenAI Chat Completions.
    // {
    //   "name": "glm",
    //   "type": "custom",
    //   "apiKey": "$GLM_API_KEY",
    //   "baseUrl": "https://api.glm.example.com/v1",
    // },
  ],

  // Who gets every request that names no endpoint; "glm,glm-4.6" as the model names one.
  "defaultEndpoint": "anthropic",

  // Another address than this machine's own needs an APIKEY, which clients must then show.
  // "HOST": "127.0.0.1",
  // "APIKEY": "$CCR_API_KEY",
}
`
