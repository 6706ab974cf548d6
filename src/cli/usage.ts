import { version } from './version.ts'

/** What `ccr help` prints. */
export const usage = `ccr ${version}: lets any coding agent talk to any model

Usage: ccr <command> [arguments]

  code [arguments…]   start Claude Code on the models of the config file; all arguments go to it untouched
  start               serve in the foreground, for agents that run elsewhere
                        --detach (in the background)  --config FILE  --port N  --host H  --debug
  stop                end the service, when its running calls have ended: --now  --port N
  restart             end the service and start it anew in the background, with the same options
  status              what runs: services, and routers of \`ccr code\`
  explain [request]   say whom a request (a file, or options like --model, --client, --tokens) would go to, and why
  key add LABEL       make a client key: it is printed once, only its hash is written to the config
  key list            the client keys, with what each may do
  preset list         the presets that are installed
  preset info NAME    what a preset is, whom it calls and what it was told
  preset install SRC  install one from a folder, or answer its questions anew: --set NAME=VALUE  --name NAME  --force
  preset export NAME  make one of the config, with questions in the place of keys: --output FOLDER
  preset delete NAME  take one away
  demo                show a whole conversation with a built-in provider: no key, no network, no agent
  config path         print where the config file is
  config check        say what is wrong with the config file
  config init         write a config file to start from
  config schema       print the JSON Schema of the config file, for editors
  version, -v, --version
  help, -h, --help

\`ccr <command> --help\` tells more (\`ccr code --help\` is Claude Code's own).`
