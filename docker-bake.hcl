# Every image and check of this repository. By hand: `docker buildx bake` builds the local image from a plain checkout,
# `docker buildx bake release --print` shows what a push would build. `pnpm xnovu docker:build` and `docker:push` set the
# variables from git. Each is overridden by the environment variable of its name; a list's values are parted by commas.

group "default" { targets = ["image"] }
group "release" { targets = ["release-image"] }
group "validate" { targets = ["check", "lint", "types", "test"] }

# ---- what is built -------------------------------------------------------------------------------------------------

target "_source" {
  context    = "."
  dockerfile = "Dockerfile"
  # An empty argument is left out, so that the Dockerfile's own default holds.
  args = {
    BASE_IMAGE        = BASE_IMAGE != "" ? BASE_IMAGE : null
    BUILD_IMAGE       = BUILD_IMAGE != "" ? BUILD_IMAGE : null
    NPM_REGISTRY      = NPM_REGISTRY != "" ? NPM_REGISTRY : null
    SOURCE_DATE_EPOCH = SOURCE_DATE_EPOCH > 0 ? SOURCE_DATE_EPOCH : null
  }
  # Seen by the installation of the packages alone, and never part of a layer.
  secret     = concat(CA_FILE != "" ? ["id=ca,src=${CA_FILE}"] : [], NPMRC_FILE != "" ? ["id=npmrc,src=${NPMRC_FILE}"] : [])
  cache-from = compact(split(" ", CACHE_FROM))
  cache-to   = compact(split(" ", CACHE_TO))
}

target "_runtime" {
  inherits = ["_source"]
  target   = "runtime"
  args     = { XNOVU_BUILD_ID = REVISION != "" ? REVISION : "dev" }
  labels   = labels()
}

target "image" {
  inherits  = ["_runtime"]
  tags      = [LOCAL_TAG]
  platforms = PLATFORMS
  output    = ["type=docker"]
}

target "release-image" {
  inherits    = ["_runtime"]
  tags        = [for tag in TAGS : "${REGISTRY}/${IMAGE}:${tag}"]
  platforms   = length(PLATFORMS) > 0 ? PLATFORMS : ["linux/amd64", "linux/arm64"]
  annotations = [for name, value in labels() : "index,manifest:${name}=${value}"]
  attest = concat(["type=provenance,mode=max"], sbom())
  # The files of the layers get the commit's time too: one commit, one digest for each platform.
  output = [{ type = "image", push = "true", "oci-mediatypes" = "true", "rewrite-timestamp" = "true" }]
}

# ---- checks: nothing comes out of them, they pass or fail ------------------------------------------------------------

target "_check" {
  inherits = ["_source"]
  output   = ["type=cacheonly"]
}

target "check" {
  inherits = ["_check"]
  call     = "check"
}

target "lint" {
  inherits = ["_check"]
  target   = "lint"
}

target "types" {
  inherits = ["_check"]
  target   = "types"
}

target "test" {
  inherits = ["_check"]
  target   = "test"
}

# ---- variables -------------------------------------------------------------------------------------------------------

variable "REGISTRY" {
  type        = string
  default     = "registry.cn-shanghai.aliyuncs.com/yogosystem"
  description = "Registry and namespace that a release goes to, without a slash at its end"
  validation {
    condition     = REGISTRY == regex_replace(REGISTRY, "[^a-zA-Z0-9._:/\\[\\]-]|/$|^[a-zA-Z]+://", "")
    error_message = "REGISTRY is a host, a port and a path, such as 127.0.0.1:5000/team: no scheme, no slash at the end."
  }
}

variable "IMAGE" {
  type        = string
  default     = "xnovu"
  description = "Name of the image"
  validation {
    condition     = IMAGE != "" && IMAGE == regex_replace(IMAGE, "[^a-z0-9._/-]", "")
    error_message = "IMAGE is lower-case letters, digits and . _ - /."
  }
}

variable "LOCAL_TAG" {
  type        = string
  default     = "xnovu:dev"
  description = "Full name of the local image"
}

variable "TAGS" {
  type        = list(string)
  default     = ["dev"]
  description = "Tags of a release, without the repository"
  validation {
    condition     = length([for tag in TAGS : tag if tag == "" || tag != regex_replace(tag, "[^a-zA-Z0-9._-]|^[.-]", "")]) == 0
    error_message = "TAGS holds something that is not an image tag: letters, digits, . _ -, and neither . nor - in front."
  }
  validation {
    condition     = length([for tag in TAGS : tag if strlen(tag) > 128]) == 0
    error_message = "TAGS holds a tag of more than 128 characters."
  }
}

variable "PLATFORMS" {
  type        = list(string)
  default     = []
  description = "Platforms to build for: the builder's own for the local image, amd64 and arm64 for a release, when empty"
  validation {
    condition     = length(setsubtract(PLATFORMS, ["linux/amd64", "linux/arm64"])) == 0
    error_message = "PLATFORMS is made of linux/amd64 and linux/arm64: Temporal's native part exists for those."
  }
}

variable "REVISION" {
  type        = string
  default     = ""
  description = "Full SHA of the commit, ending in -dirty for a changed tree"
  validation {
    condition     = REVISION == "" || regex_replace(REVISION, "^[0-9a-f]{40,64}(-dirty)?$", "") == ""
    error_message = "REVISION is a full SHA, or one that ends in -dirty."
  }
}

variable "VERSION" {
  type        = string
  default     = ""
  description = "Version of the release, from git's nearest semantic version tag"
}

variable "CREATED" {
  type        = string
  default     = ""
  description = "When the commit was made, RFC 3339"
  validation {
    condition     = CREATED == "" || regex_replace(CREATED, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)$", "") == ""
    error_message = "CREATED is a time such as 2026-11-01T12:00:00Z."
  }
}

variable "SOURCE_DATE_EPOCH" {
  type        = number
  default     = 0
  description = "When the commit was made, seconds since 1970: every file and record of the image gets this time"
  validation {
    condition     = SOURCE_DATE_EPOCH >= 0 && floor(SOURCE_DATE_EPOCH) == SOURCE_DATE_EPOCH
    error_message = "SOURCE_DATE_EPOCH is a whole number of seconds since 1970."
  }
}

variable "BASE_IMAGE" {
  type        = string
  default     = ""
  description = "Image that the app and worker run on: Node on a slim glibc base. The Dockerfile's when empty"
}

variable "BUILD_IMAGE" {
  type        = string
  default     = ""
  description = "Image that the build runs on. The Dockerfile's when empty"
}

variable "NPM_REGISTRY" {
  type        = string
  default     = ""
  description = "npm registry or mirror that the build installs from"
}

variable "CA_FILE" {
  type        = string
  default     = ""
  description = "PEM file of an authority that signs for the npm registry or a proxy before it"
}

variable "NPMRC_FILE" {
  type        = string
  default     = ""
  description = "An .npmrc with the token of a private npm registry"
}

variable "CACHE_FROM" {
  type        = string
  default     = ""
  description = "Caches to read, parted by spaces, such as type=registry,ref=registry.example/xnovu:cache"
}

variable "CACHE_TO" {
  type        = string
  default     = ""
  description = "Caches to write, parted by spaces"
}

variable "SBOM_GENERATOR" {
  type        = string
  default     = ""
  description = "Image of the SBOM scanner. BuildKit's own when empty, which is pulled; `none` leaves the SBOM out"
}

function "sbom" {
  params = []
  result = SBOM_GENERATOR == "none" ? [] : [SBOM_GENERATOR == "" ? "type=sbom" : "type=sbom,generator=${SBOM_GENERATOR}"]
}

# Labels of github.com/opencontainers/image-spec, those without a value left out.
function "labels" {
  params = []
  result = { for name, value in {
    "org.opencontainers.image.title"       = "xnovu"
    "org.opencontainers.image.description" = "XNovu: Novu bridge app and notification worker"
    "org.opencontainers.image.revision"    = REVISION
    "org.opencontainers.image.version"     = VERSION
    "org.opencontainers.image.created"     = CREATED
  } : name => value if value != "" }
}
