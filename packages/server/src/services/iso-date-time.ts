/**
 * A moment as ISO 8601 with microseconds and the offset of a time zone, as Python's `datetime.isoformat` writes it:
 * `2025-09-23T10:15:30.123456-06:00`, without the fraction when it is zero.
 * @param micros microseconds since 1970 in UTC
 */
export function isoDateTime(micros: number, timeZone: string): string {
  const ms = Math.floor(micros / 1000)
  const offsetMinutes = offsetOf(ms, timeZone)
  const local = new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)
  const fraction = ((micros % 1_000_000) + 1_000_000) % 1_000_000
  const digits = fraction === 0 ? '' : `.${String(fraction).padStart(6, '0')}`
  const minutes = Math.abs(offsetMinutes)
  const offset = `${offsetMinutes < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`
  return `${local}${digits}${offset}`
}

/** Minutes that a zone's clocks are ahead of UTC at a moment; negative west of Greenwich. */
function offsetOf(ms: number, timeZone: string): number {
  const name = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(ms)
    .find(part => part.type === 'timeZoneName')?.value
  const [, sign, hours, minutes] = /^GMT([+-])(\d{2}):(\d{2})$/.exec(name ?? '') ?? []
  if (hours === undefined || minutes === undefined) return 0 // plain "GMT"
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
