// Next gives these a meaning when it builds; for tsc, on a clone where nothing was built yet, they are imports without a value.
declare module "*.css";
