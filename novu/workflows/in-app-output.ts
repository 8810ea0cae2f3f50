export interface InAppContent {
  readonly subject?: string | undefined;
  readonly body: string;
  readonly avatar?: string | undefined;
  readonly action?: { readonly label: string; readonly url: string } | undefined;
}

/** The step's output. Fields without a value are absent, because the framework refuses `undefined`. */
export function inAppOutput({ subject, body, avatar, action }: InAppContent) {
  return {
    body,
    ...(subject === undefined ? {} : { subject }),
    ...(avatar === undefined ? {} : { avatar }),
    ...(action === undefined ? {} : { primaryAction: { label: action.label, redirect: { url: action.url } } }),
  };
}
