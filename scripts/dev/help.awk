# Lists the targets of a Makefile: `##@ Group` starts a group, `target: ... ## text` is a line of it. Targets inside
# ifneq ($(wildcard FILE),) are left out when FILE is missing.
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
/^##@ / { kind[++count] = "group"; text[count] = substr($0, 5) }
/^[a-z][a-z0-9-]*:.*## / {
  kind[++count] = "target"
  name[count] = $0
  sub(/:.*/, "", name[count])
  text[count] = $0
  sub(/^.*## /, "", text[count])
  if (length(name[count]) > width) width = length(name[count])
}
END {
  for (i = 1; i <= count; i++)
    if (kind[i] == "group") printf "%s%s\n", (i > 1 ? "\n" : ""), painted(1, text[i])
    else printf "  %s  %s\n", painted(36, sprintf("%-" width "s", name[i])), text[i]
}
