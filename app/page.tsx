export const dynamic = "force-dynamic";
export default function Page() {
  return (
    <main>
      <h1>XNovu</h1>
    </main>
  );
}
