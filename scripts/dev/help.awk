# Lists a Makefile's targets: `##@ Group` starts a group, `target: ... ## text` is a line of it. Blocks left out by
# ifneq ($(wildcard FILE),) are left out here too.
function painted(code, text) { return colours ? "\033[" code "m" text "\033[0m" : text }
/^ifneq \(\$\(wildcard / {
  file = $0
  sub(/^ifneq \(\$\(wildcard /, "", file)
  sub(/\),\)$/, "", file)
  hidden = (getline line < file) < 0
  close(file)
}
/^endif/ { hidden = 0 }
hidden { next }
/^##@ / { printf "%s%s\n", (groups++ ? "\n" : ""), painted(1, substr($0, 5)) }
/^[a-z][a-z0-9-]*:.*## / {
  target = $0
  sub(/:.*/, "", target)
  text = $0
  sub(/^.*## /, "", text)
  printf "  %s%s\n", painted(36, sprintf("%-13s", target)), text
}
