// The least that a server of JSON can do on Node.js: read a body, and send the same bytes back.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const body = request.method === 'GET' ? Buffer.from('{"version":"bare node:http"}') : Buffer.concat(parts)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    response.end(body)
  })
})
server.listen(Number(process.argv[2]), '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))
