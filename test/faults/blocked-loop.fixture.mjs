// Preloaded into a worker: SIGUSR2 blocks its event loop for XNOVU_TEST_BLOCK_MS.
process.on("SIGUSR2", () => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.env.XNOVU_TEST_BLOCK_MS));
});
