import { bridgeReady } from "../lib/bridge-ready.ts";
import { type Component, type ComponentState, componentsOf } from "../lib/components.ts";
import { currentHealth } from "../lib/health/current-health.ts";

const words: Record<ComponentState, string> = { up: "up", down: "down", unchecked: "see" };

/** The status of the components, checked now. */
export async function Components() {
  const report = await currentHealth();
  const components = componentsOf(report, bridgeReady());
  const down = components.filter(({ state }) => state === "down").map(({ name }) => name);
  return (
    <>
      <p className={`summary ${down.length === 0 ? "up" : "down"}`} role="status">
        {down.length === 0 ? "All components that this page checks are up." : `Down: ${down.join(", ")}.`}
      </p>
      <ul className="cards">
        {components.map((component) => (
          <Card key={component.name} {...component} />
        ))}
      </ul>
    </>
  );
}

function Card({ name, about, state, detail, labels = [] }: Component) {
  return (
    <li className={`card ${state}`}>
      <h3>{name}</h3>
      <p className="state">
        <span className="dot" aria-hidden="true" />
        {words[state]}
        <span className="detail">{state === "unchecked" ? <code>{detail}</code> : detail}</span>
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

export const ComponentsLoading = () => <p className="summary">Checking the database and Novu…</p>;
