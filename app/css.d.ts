// Next processes these imports when it builds. This declaration lets tsc run on a clone that was never built.
declare module "*.css";
