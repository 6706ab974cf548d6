import { expect, test } from 'bun:test'
import { checkServicePort } from '../../src/config/port.ts'
import { loadConfig } from '../../src/config/load.ts'

test.each(['abc', '70000', '-1', '3456x', '34 56', '1.5'])(
  'SERVICE_PORT=%s is told, with and without a file',
  (port) => {
    const load = (): unknown => loadConfig({ env: { SERVICE_PORT: port, CCR_HOME: '/nowhere' }, home: '/nowhere' })
    expect(load).toThrow(`the environment's SERVICE_PORT: expected a port number from 0 to 65535, found \`${port}\``)
  },
)

test.each([undefined, '', ' ', '0', ' 3456 ', '65535'])('SERVICE_PORT=%p is none or a port', (port) => {
  expect(checkServicePort({ SERVICE_PORT: port })).toEqual([])
})
