// Preloaded into a worker: its clock is off by XNOVU_TEST_SKEW_MS.
const offset = Number(process.env.XNOVU_TEST_SKEW_MS);
const Real = Date;

globalThis.Date = class extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(Real.now() + offset);
    else super(...parts);
  }
  static now() {
    return Real.now() + offset;
  }
};
