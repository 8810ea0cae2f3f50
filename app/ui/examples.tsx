import { examplesFor } from "../lib/examples.ts";
import { CopyButton } from "./copy-button.tsx";

export function Examples({ port }: { readonly port: number }) {
  return examplesFor(port).map(({ title, about, code }) => (
    <article className="example" key={title}>
      <header>
        <div>
          <h3>{title}</h3>
          <p className="quiet">{about}</p>
        </div>
        <CopyButton text={code} what={title} />
      </header>
      {/* Long lines scroll sideways: tabIndex makes that possible by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must take the focus */}
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
    </article>
  ));
}
