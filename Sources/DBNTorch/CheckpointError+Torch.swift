public import DBNTensors

extension CheckpointError.Code {
  /// The file is not a PyTorch checkpoint.
  public static let notATorchCheckpoint = Self("not-a-torch-checkpoint")
  /// In a file from PyTorch 1.5 or older, a pickle before or after the object's is not what the
  /// format requires.
  public static let torchLegacyFormat = Self("torch-legacy-format")
  /// A header of a tar archive is damaged.
  public static let torchTarHeader = Self("torch-tar-header")
  /// A member of a tar archive is missing or occurs twice.
  public static let torchTarMember = Self("torch-tar-member")
  /// A compiled program (TorchScript) instead of a checkpoint, or an archive of several.
  public static let torchProgram = Self("torch-program")
  /// A record of a torch.export program is not as PyTorch writes it.
  public static let torchProgramRecord = Self("torch-program-record")
  /// A version of the format that this reader does not support.
  public static let torchVersion = Self("torch-version")
  /// The text of the record `byteorder` is neither "little" nor "big".
  public static let torchByteOrder = Self("torch-byte-order")
  /// A record that the checkpoint refers to is not in the archive.
  public static let torchRecordMissing = Self("torch-record-missing")
  /// A whole pickled module, where unknown classes are refused.
  public static let torchModule = Self("torch-module")
  /// A kind of tensor without plain values in an exported program: sparse, an object.
  public static let torchTensorKind = Self("torch-tensor-kind")
  /// A storage's element count and its record's size disagree.
  public static let torchStorage = Self("torch-storage")
  /// A tensor's offset, sizes and strides exceed its storage.
  public static let torchView = Self("torch-view")

  /// The pickle names a function or class that only an attack needs, or, where unknown classes are
  /// refused, one that a checkpoint of weights does not need.
  public static let pickleGlobal = Self("pickle-global")
  /// An operation that checkpoints do not need, or that does not exist.
  public static let pickleOpcode = Self("pickle-opcode")
  /// An operation goes beyond its frame, or a frame begins inside another.
  public static let pickleFrame = Self("pickle-frame")
  /// A pickle protocol newer than 5.
  public static let pickleProtocol = Self("pickle-protocol")
  /// An operation finds fewer values than it needs, or values are left over.
  public static let pickleStack = Self("pickle-stack")
  /// The pickle recalls a value that it never stored.
  public static let pickleMemo = Self("pickle-memo")
  /// The pickle calls something that is not a function.
  public static let pickleCall = Self("pickle-call")
  /// A function gets arguments that it does not accept.
  public static let pickleArguments = Self("pickle-arguments")
  /// Items are added to something that does not accept them.
  public static let pickleTarget = Self("pickle-target")
  /// A dictionary's key is one that Python can't hash.
  public static let pickleKey = Self("pickle-key")
  /// A persistent id is not that of a storage.
  public static let picklePersistentID = Self("pickle-persistent-id")

  /// The `.metadata` of a distributed checkpoint does not have PyTorch's form.
  public static let distributedMetadata = Self("distributed-metadata")
  /// A distributed checkpoint names a file outside its folder.
  public static let distributedPath = Self("distributed-path")
  /// An entry of a distributed checkpoint is in none of its files.
  public static let distributedMissing = Self("distributed-missing")
  /// The contents of a file in a distributed checkpoint don't match its metadata.
  public static let distributedContent = Self("distributed-content")
  /// An entry of a distributed checkpoint is compressed or encrypted.
  public static let distributedTransform = Self("distributed-transform")
  /// Files of DeepSpeed are not of the form that it gives them, or not of one checkpoint.
  public static let deepSpeed = Self("deepspeed")
}
