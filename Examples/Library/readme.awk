# The Swift code of the README's section "The library" as one program: imports first, the rest in a
# function, block by block, which gets what the text takes for granted.
/^## The library/ { inside = 1 }
/^```swift/ && inside { code = 1; next }
/^```/ { if (code) body = body "\n"; code = 0 }
code && /^import / { imports = imports $0 "\n"; next }
code { body = body "  " $0 "\n" }
END {
  printf "// swift-format-ignore-file\n%s\nfunc readme(images: [Float], batch: DenseArray, weights: StateDict) throws {\n%s}\n", imports, body
}
