import type { Metadata } from "next";
import type { ReactNode } from "react";

export const metadata: Metadata = { title: { default: "Operations", template: "%s · XNovu operations" } };

export default function Layout({ children }: { readonly children: ReactNode }) {
  return <main className="operations">{children}</main>;
}
