/**
 * The pattern of a route as people read it: without the expressions that parts must match, and a colon of the path, which
 * a pattern doubles, once: `/v1/models/:model(^[^:/]+)::predict` is told as `/v1/models/:model:predict`.
 */
export function routeName(pattern: string): string {
  return pattern.replaceAll(/\(\^[^)]*\)/g, '').replaceAll('::', ':')
}
