"use client";

import { useEffect, useState } from "react";

type Outcome = "idle" | "copied" | "refused";
const words: Record<Outcome, string> = { idle: "Copy", copied: "Copied", refused: "Select and copy" };

/** Copies a text. Browsers allow this only over HTTPS and on localhost; elsewhere the button is hidden. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [possible, setPossible] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>("idle");
  useEffect(() => setPossible(navigator.clipboard !== undefined), []);
  useEffect(() => {
    if (outcome === "idle") return;
    const timer = setTimeout(() => setOutcome("idle"), 2000);
    return () => clearTimeout(timer);
  }, [outcome]);
  if (!possible) return null;
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setOutcome("copied"),
      () => setOutcome("refused"),
    );
  return (
    <button type="button" className="copy" onClick={() => void copy()} aria-label={`${words[outcome]}: ${what}`}>
      {words[outcome]}
    </button>
  );
}
