import { bridgeReady } from "../lib/bridge-ready.ts";
import { currentHealth } from "../lib/health/current-health.ts";
import { type ComponentState, type Part, partsOf } from "../lib/parts.ts";

const words: Record<ComponentState, string> = { up: "up", down: "down", elsewhere: "ask" };

/** What runs, looked at now. */
export async function Parts() {
  const report = await currentHealth();
  const parts = partsOf(report, bridgeReady());
  const down = parts.filter((part) => part.state === "down").map((part) => part.name);
  return (
    <>
      <p className={`summary ${down.length === 0 ? "up" : "down"}`} role="status">
        {down.length === 0 ? "All that this page can see is up." : `Down: ${down.join(", ")}.`}
      </p>
      <ul className="parts">
        {parts.map((part) => (
          <Box key={part.name} {...part} />
        ))}
      </ul>
    </>
  );
}

function Box({ name, about, state, detail, labels = [] }: Part) {
  return (
    <li className={`part ${state}`}>
      <h3>{name}</h3>
      <p className="state">
        <span className="dot" aria-hidden="true" />
        {words[state]}
        <span className="detail">{state === "elsewhere" ? <code>{detail}</code> : detail}</span>
      </p>
      <p className="quiet">{about}</p>
      {labels.length > 0 && (
        <ul className="labels">
          {labels.map((label) => (
            <li key={label}>{label}</li>
          ))}
        </ul>
      )}
    </li>
  );
}

export const PartsWaiting = () => <p className="summary">Looking at the database and Novu…</p>;
