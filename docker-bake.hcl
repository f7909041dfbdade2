# docker buildx bake            the frontend image, by the Dockerfile
# docker buildx bake self       the same by crossgo itself, without a base image
# docker buildx bake examples   the programs below examples/, into out/examples/

variable "IMAGE" {
  default = "ghcr.io/crossgo/crossgo"
}

variable "TAG" {
  default = "1"
}

# What reports, SBOMs and statements say of crossgo: the release's tag.
variable "VERSION" {
  default = ""
}

variable "GO_VERSION" {
  default = "1.26.8"
}

# Where modules and packages come from, when it is not where they come from by default.
variable "GOPROXY" {
  default = null
}

# The module proxy that the image made by the target self uses when a request names none: $(go env GOPROXY).
variable "DEFAULT_GOPROXY" {
  default = ""
}
variable "GOSUMDB" {
  default = null
}
variable "DEBIAN_MIRROR" {
  default = null
}
variable "DEBIAN_SECURITY_MIRROR" {
  default = null
}
variable "DEBIAN_KEYS" {
  default = null
}

group "default" {
  targets = ["image"]
}

# A fresh builder unpacks the image before anything else: with zstd in a third of the time.
target "_image" {
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${IMAGE}:${TAG}"]
  output    = ["type=image,compression=zstd,force-compression=true,oci-mediatypes=true"]
}

target "image" {
  inherits   = ["_image"]
  dockerfile = "Dockerfile"
  args = {
    GO_VERSION = GO_VERSION
    VERSION    = VERSION
    GOPROXY    = GOPROXY
    GOSUMDB    = GOSUMDB
  }
}

target "self" {
  inherits   = ["_image"]
  dockerfile = "crossgo.yaml"
  target     = "image"
  args = {
    DEFAULT_GOPROXY = DEFAULT_GOPROXY
    VERSION         = VERSION
    GOPROXY         = GOPROXY
    GOSUMDB         = GOSUMDB
  }
}

target "examples" {
  name       = "example-${example}"
  matrix     = { example = ["hello", "sqlite", "cxx", "syslib", "many", "library", "web"] }
  context    = "examples/${example}"
  dockerfile = "crossgo.yaml"
  target     = "bin"
  output     = ["type=local,dest=out/examples/${example}"]
  args = {
    GOPROXY                = GOPROXY
    GOSUMDB                = GOSUMDB
    DEBIAN_MIRROR          = DEBIAN_MIRROR
    DEBIAN_SECURITY_MIRROR = DEBIAN_SECURITY_MIRROR
    DEBIAN_KEYS            = DEBIAN_KEYS
  }
}
