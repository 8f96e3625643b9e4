/// The class attribute `Module._version`, which `state_dict()` records in `_metadata`, of the classes
/// that have another than 1. A pickle does not hold it.
///
/// Source: the classes of PyTorch 2.15, torchvision 0.29 and timm 1.0 that set `_version`.
enum ModuleVersions {
  static let initial = 1

  /// BatchNorms count batches since PyTorch 0.4.1, and have this version since then.
  static let counting = 2

  static let known: [String: Int] = [
    "torchvision.models.densenet._DenseBlock": 2, "torchvision.models.mnasnet.MNASNet": 2,
    "torchvision.models.vision_transformer.MLPBlock": 2,
    "torchvision.models._utils.IntermediateLayerGetter": 2,
    "torchvision.models.quantization.mobilenetv3.QuantizableSqueezeExcitation": 2,
    "torchvision.models.detection.rpn.RPNHead": 2,
    "torchvision.models.detection.mask_rcnn.MaskRCNNHeads": 2,
    "torchvision.models.detection.retinanet.RetinaNetClassificationHead": 2,
    "torchvision.models.detection.retinanet.RetinaNetRegressionHead": 2,
    "torchvision.ops.feature_pyramid_network.FeaturePyramidNetwork": 2,
    "timm.models.densenet.DenseBlock": 2,
    "torch.ao.nn.quantized.modules.linear.LinearPackedParams": 3,
    "torch.ao.nn.quantized.modules.linear.Linear": 3,
    "torch.ao.nn.quantized.dynamic.modules.linear.Linear": 4,
  ]
}
