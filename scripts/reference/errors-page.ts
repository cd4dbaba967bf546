import { errorCodes } from '@millrace/common'
import { errorTable } from '@millrace/server'
import { table } from './markdown-table.ts'

/** `docs/reference/errors.md`, from the table of error codes. */
export function errorsPage(): string {
  return `# Errors

Every failed reply of every service has the same body:

\`\`\`json
{
  "code": "MILL_SERIES_NOT_FOUND",
  "message": "Series prices not found",
  "details": { "seriesId": "prices" },
  "detail": "Series prices not found"
}
\`\`\`

Branch on \`code\`: codes are never renamed or used for anything else. \`message\` is for people and may change. \`details\`
holds facts that depend on the code. \`detail\` repeats the message for clients written for FastAPI; for a request that does
not fit the schema it is the list of faults such clients know: \`[{ "type", "loc", "msg", "input" }]\`. The header
\`X-Request-ID\` of the reply is the \`request_id\` of its log lines.

This page is made by \`node scripts/make-reference.ts\`.

${table(['Code', 'HTTP status', 'Meaning', 'What to do'], errorCodes.map(row))}
`
}

function row(code: (typeof errorCodes)[number]): string[] {
  const { status, meaning, remedy } = errorTable[code]
  return [`\`${code}\``, String(status), meaning, remedy]
}
