/** Does not keep the process alive. Deno's first `setTimeout` loads the Node layer, 10 ms. */
export function alarm(milliseconds: number, work: () => void): void {
  AbortSignal.timeout(milliseconds).addEventListener("abort", work, { once: true });
}

/** Resolves after `milliseconds`, or rejects with the signal's reason. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
