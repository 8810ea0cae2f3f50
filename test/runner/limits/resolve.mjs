// A module resolution hook of Node, see preload.mjs.
const wrapper = new URL("./uvu.ts", import.meta.url).href;

export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  const isUvu = /\/uvu\/dist\/index\.mjs$/.test(found.url);
  return isUvu && !context.parentURL?.startsWith(wrapper) ? { ...found, url: wrapper } : found;
}
