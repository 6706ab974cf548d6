/** With which a client says for which `ccr code` it calls; no provider sees it. */
export const RUN_HEADER = 'x-ccr-run'
