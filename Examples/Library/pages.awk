# The Swift code of the documentation's pages as a program: for each page a function, which has its
# blocks one by one and gets what the text takes for granted; imports come first. A block that is only
# to be read has another mark than `swift`.
/^```swift$/ {
  code = 1
  if (body[FILENAME] == "") files[++count] = FILENAME
  next
}
/^```/ { if (code) body[FILENAME] = body[FILENAME] "\n"; code = 0 }
code && /^import / { if (!imported[$0]++) imports = imports $0 "\n"; next }
code { body[FILENAME] = body[FILENAME] "  " $0 "\n" }
END {
  printf "// swift-format-ignore-file\n%s\n", imports
  for (i = 1; i <= count; i++)
    printf "func page%d(images: [Float], batch: DenseArray, weights: StateDict) throws {\n%s}\n\n", i, body[files[i]]
  print "let pages: [(String, @Sendable ([Float], DenseArray, StateDict) throws -> Void)] = ["
  for (i = 1; i <= count; i++) printf "  (\"%s\", page%d),\n", files[i], i
  print "]"
}
