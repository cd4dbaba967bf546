/**
 * Keep the native library from telling its maker of models and runs. Since version 1.29 it does so on Linux unless this
 * is set before it is first initialised, and keeps a number for the device and a database below `~/.cache/Microsoft`.
 * To be called on the main thread: other threads have an environment of their own that the library does not see.
 * @see https://github.com/microsoft/onnxruntime/pull/27379
 */
export function refuseTelemetry(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
}
