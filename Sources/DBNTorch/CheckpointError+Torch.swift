public import DBNTensors

extension CheckpointError.Code {
  /// The file is no PyTorch checkpoint.
  public static let notATorchCheckpoint = Self("not-a-torch-checkpoint")
  /// In a file of PyTorch 1.5 or older, a pickle before or after that of the object is not what
  /// the format has there.
  public static let torchLegacyFormat = Self("torch-legacy-format")
  /// A header of a tar archive is damaged.
  public static let torchTarHeader = Self("torch-tar-header")
  /// A member of a tar archive is missing or there twice.
  public static let torchTarMember = Self("torch-tar-member")
  /// A compiled program (TorchScript), not a checkpoint, or an archive of several.
  public static let torchProgram = Self("torch-program")
  /// A record of a program of torch.export is not as PyTorch writes it.
  public static let torchProgramRecord = Self("torch-program-record")
  /// A version of the format that this reader does not know.
  public static let torchVersion = Self("torch-version")
  /// The text of the record `byteorder` is neither "little" nor "big".
  public static let torchByteOrder = Self("torch-byte-order")
  /// A record that the checkpoint refers to is not in the archive.
  public static let torchRecordMissing = Self("torch-record-missing")
  /// A whole pickled module where its state dict was expected.
  public static let torchModule = Self("torch-module")
  /// A kind of tensor that has no plain values: sparse, quantised, nested, meta.
  public static let torchTensorKind = Self("torch-tensor-kind")
  /// A storage's element count and its record's size disagree.
  public static let torchStorage = Self("torch-storage")
  /// A tensor's offset, sizes and strides do not stay inside its storage.
  public static let torchView = Self("torch-view")

  /// The pickle names a function or class that a checkpoint of weights has no need of.
  public static let pickleGlobal = Self("pickle-global")
  /// An operation that checkpoints do not need, or that does not exist.
  public static let pickleOpcode = Self("pickle-opcode")
  /// A pickle protocol newer than 5.
  public static let pickleProtocol = Self("pickle-protocol")
  /// An operation finds fewer values than it needs, or values are left over.
  public static let pickleStack = Self("pickle-stack")
  /// A value is recalled that was never stored.
  public static let pickleMemo = Self("pickle-memo")
  /// Something is called that is no function.
  public static let pickleCall = Self("pickle-call")
  /// A function is given arguments it does not take.
  public static let pickleArguments = Self("pickle-arguments")
  /// Items are added to something that does not take them.
  public static let pickleTarget = Self("pickle-target")
  /// A dictionary's key is neither text nor a 64-bit integer.
  public static let pickleKey = Self("pickle-key")
  /// A persistent id is not that of a storage.
  public static let picklePersistentID = Self("pickle-persistent-id")
  /// A value contains itself.
  public static let pickleCycle = Self("pickle-cycle")
  /// A function, class or storage stands where a value should be.
  public static let pickleValue = Self("pickle-value")

  /// The `.metadata` of a distributed checkpoint is not of the form that PyTorch gives it.
  public static let distributedMetadata = Self("distributed-metadata")
  /// A distributed checkpoint names a file outside its folder.
  public static let distributedPath = Self("distributed-path")
  /// An entry of a distributed checkpoint lies in none of its files.
  public static let distributedMissing = Self("distributed-missing")
  /// The chunks of a tensor overlap, leave a hole, or lie outside it.
  public static let distributedChunks = Self("distributed-chunks")
  /// What a file of a distributed checkpoint holds is not what its metadata says.
  public static let distributedContent = Self("distributed-content")
  /// An entry of a distributed checkpoint is compressed or encrypted.
  public static let distributedTransform = Self("distributed-transform")
}
