/**
 * Runs work that stops its child processes on Ctrl-C or SIGTERM, so that no build continues in the background. The exit code of an interrupted
 * command is the shell's: 130 after Ctrl-C, 143 after SIGTERM.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  let code = 0;
  const on = (number: number) => () => {
    code = number;
    controller.abort();
  };
  const handlers = [["SIGINT", on(130)] as const, ["SIGTERM", on(143)] as const];
  for (const [signal, handler] of handlers) process.on(signal, handler);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (code !== 0) return code;
    throw error;
  } finally {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  }
}
