/**
 * End this process at once with an exit code, whatever its threads do. `process.exit` waits for each thread to come back
 * from the native code it is in, be that for minutes, and aborts when it does; a process whose image is replaced by
 * another has no threads left.
 */
export function endNow(code: number): void {
  // Log lines that wait are written; nothing else may take time here.
  process.emit('exit', code)
  try {
    process.execve?.(process.execPath, [process.execPath, '--eval', `process.exit(${code})`], {})
  } catch {
    // There is nothing left to do but to wait.
  }
  process.exit(code)
}
