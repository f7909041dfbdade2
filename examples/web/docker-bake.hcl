variable "VERSION" { default = "dev" }
variable "IMAGE" { default = "ghcr.io/me/web" }

target "_web" {
  dockerfile = "crossgo.yaml"
  args       = { VERSION = VERSION }
  cache-from = ["type=registry,ref=${IMAGE}:cache"]
}

# JUnit and coverage in ./results; the build fails when a test fails.
target "test" {
  inherits = ["_web"]
  target   = "test"
  output   = ["type=local,dest=results"]
}

# The image for both platforms, pushed. This target alone writes the cache.
target "image" {
  inherits = ["_web"]
  target   = "image"
  tags     = ["${IMAGE}:${VERSION}"]
  output   = ["type=registry"]
  cache-to = ["type=registry,ref=${IMAGE}:cache,mode=max"]
}

# Archives, checksums, SBOMs and reports in ./dist.
target "release" {
  inherits = ["_web"]
  target   = "release"
  output   = ["type=local,dest=dist"]
}

group "default" { targets = ["test", "image", "release"] }
