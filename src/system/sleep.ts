/**
 * Calls `work` after `milliseconds`, if the process still runs: it does not keep it running. In Deno
 * 2.9 the first timer of `setTimeout` loads its layer for Node, 10 ms that a kept session need not pay.
 */
export function alarm(milliseconds: number, work: () => void): void {
  AbortSignal.timeout(milliseconds).addEventListener("abort", work, { once: true });
}

/** Resolves after `milliseconds`, or rejects with the signal's reason when that aborts first. */
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
