/** First in, first out, a bucket for each second of insertion. */
export function createQueue() {
  const buckets: { readonly at: number; rows: number }[] = [];
  let [first, total] = [0, 0];
  return {
    insert(at: number, rows: number): void {
      buckets.push({ at, rows });
      total += rows;
    },
    /** Returns how many went. */
    send(most: number): number {
      let left = most;
      for (let bucket = buckets[first]; bucket !== undefined && left > 0; bucket = buckets[first]) {
        const taken = Math.min(left, bucket.rows);
        bucket.rows -= taken;
        left -= taken;
        total -= taken;
        if (bucket.rows > 1e-9) break;
        first++;
      }
      return most - left;
    },
    rows: () => Math.max(0, Math.round(total)),
    age: (now: number) => (first < buckets.length ? now - (buckets[first]?.at ?? now) : 0),
  };
}
