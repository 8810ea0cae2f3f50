{{/* Labels of every object: (dict "component" "app"). The component is optional. */}}
{{- define "xnovu.labels" -}}
app.kubernetes.io/name: xnovu
app.kubernetes.io/part-of: xnovu
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "xnovu.selector" -}}
app.kubernetes.io/name: xnovu
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "xnovu.tag" -}}
{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "xnovu.image" -}}
{{ .Values.image.repository }}:{{ include "xnovu.tag" . }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* The Secret of a component: the name in values, or the default. */}}
{{- define "xnovu.secret" -}}
{{- $own := (index .root.Values.secrets .component).name -}}
{{- $own | default (ternary (printf "%s-migrate" .root.Release.Name) .root.Release.Name (eq .component "migrate")) -}}
{{- end }}

{{/* Settings with the paths of a Secret's keys. */}}
{{- define "xnovu.secretFiles" -}}
{{- range . }}
- name: {{ . }}_FILE
  value: /run/secrets/xnovu/{{ . }}
{{- end }}
{{- end }}

{{- define "xnovu.locked" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "xnovu.mounts" -}}
- { name: secrets, mountPath: /run/secrets/xnovu, readOnly: true }
- { name: tmp, mountPath: /tmp }
{{- end }}

{{- define "xnovu.volumes" -}}
- name: secrets
  # 288 is 0440. The group is fsGroup.
  secret: { secretName: {{ include "xnovu.secret" . }}, defaultMode: 288 }
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- end }}

{{/* Fields that all pods share. */}}
{{- define "xnovu.pod" -}}
serviceAccountName: {{ .root.Release.Name }}-{{ .component }}
automountServiceAccountToken: false
# Otherwise every Service of the namespace adds variables such as XNOVU_APP_PORT.
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "xnovu.spread" -}}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels: {{- include "xnovu.selector" $ | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}

{{- define "xnovu.waitForSchema" -}}
# Waits for the migration Job. It does not wait when the schema is newer than this version, as after a rollback.
- name: schema
  image: {{ include "xnovu.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [sh, -c, 'until pnpm xnovu migrate status --json | grep -q "\"pending\":\[\]"; do sleep 3; done']
  env: {{- include "xnovu.secretFiles" (list "DATABASE_URL") | nindent 4 }}
  resources:
    requests: { cpu: 50m, memory: 128Mi }
    limits: { memory: 256Mi }
  securityContext: {{- include "xnovu.locked" . | nindent 4 }}
  volumeMounts: {{- include "xnovu.mounts" . | nindent 4 }}
{{- end }}

{{- define "xnovu.anywhere" -}}
- namespaceSelector: {}
# Every address except those where clouds serve credentials to a machine.
- ipBlock: { cidr: 0.0.0.0/0, except: [169.254.0.0/16] }
- ipBlock: { cidr: "::/0", except: ["fe80::/10", "fd00:ec2::/32"] }
{{- end }}

{{- define "xnovu.scaleDown" -}}
stabilizationWindowSeconds: 300
policies:
  - { type: Percent, value: 50, periodSeconds: 60 }
{{- end }}

{{- define "xnovu.scaleUp" -}}
stabilizationWindowSeconds: 0
selectPolicy: Max
policies:
  - { type: Percent, value: 100, periodSeconds: 15 }
  - { type: Pods, value: 4, periodSeconds: 15 }
{{- end }}
