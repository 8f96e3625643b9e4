// One face for two C interfaces of oneDNN: version 2 has operation descriptors, and memory
// descriptors that are structs; version 3 has neither. Here a memory descriptor is always a pointer
// that its owner destroys, and a primitive descriptor is made by one call. All numbers are float32.
#include <dnnl.h>
#include <stdlib.h>

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t conednn_layout;
typedef const_dnnl_memory_desc_t conednn_const_layout;
#else
typedef dnnl_memory_desc_t *conednn_layout;
typedef const dnnl_memory_desc_t *conednn_const_layout;
#endif

static inline int conednn_version_major(void) { return DNNL_VERSION_MAJOR; }

// `DNNL_MEMORY_ALLOCATE` and its like are macros with casts, which Swift does not import; memory is
// always bound to bytes of ours.

// Whether none of the numbers is infinite or NaN. In C, because there are a hundred million of them
// in a model, and loops of Swift take a hundred times as long when they are built for debugging.
static inline int conednn_all_finite(const float *values, size_t count) {
  float zero = 0;
  for (size_t index = 0; index < count; index++) zero += values[index] * 0;
  return zero == 0;
}

#if DNNL_VERSION_MAJOR >= 3

static inline dnnl_status_t conednn_layout_with_tag(
    conednn_layout *layout, int rank, const int64_t *shape, dnnl_format_tag_t tag) {
  return dnnl_memory_desc_create_with_tag(layout, rank, shape, dnnl_f32, tag);
}

static inline dnnl_status_t conednn_layout_with_strides(
    conednn_layout *layout, int rank, const int64_t *shape, const int64_t *strides) {
  return dnnl_memory_desc_create_with_strides(layout, rank, shape, dnnl_f32, strides);
}

static inline dnnl_status_t conednn_layout_copy(
    conednn_layout *layout, conednn_const_layout original) {
  return dnnl_memory_desc_clone(layout, original);
}

static inline void conednn_layout_destroy(conednn_layout layout) {
  dnnl_memory_desc_destroy(layout);
}

static inline dnnl_status_t conednn_append_eltwise(
    dnnl_post_ops_t operations, dnnl_alg_kind_t algorithm, float alpha, float beta) {
  return dnnl_post_ops_append_eltwise(operations, algorithm, alpha, beta);
}

static inline dnnl_status_t conednn_append_sum(dnnl_post_ops_t operations) {
  return dnnl_post_ops_append_sum(operations, 1, 0, dnnl_data_type_undef);
}

static inline dnnl_status_t conednn_convolution(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    conednn_const_layout source, conednn_const_layout weights, conednn_const_layout bias,
    conednn_const_layout target, const int64_t *strides, const int64_t *dilations,
    const int64_t *padding) {
  return dnnl_convolution_forward_primitive_desc_create(
      description, engine, dnnl_forward_inference, dnnl_convolution_direct, source, weights, bias,
      target, strides, dilations, padding, padding, attributes);
}

static inline dnnl_status_t conednn_inner_product(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    conednn_const_layout source, conednn_const_layout weights, conednn_const_layout bias,
    conednn_const_layout target) {
  return dnnl_inner_product_forward_primitive_desc_create(
      description, engine, dnnl_forward_inference, source, weights, bias, target, attributes);
}

static inline dnnl_status_t conednn_pooling(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    dnnl_alg_kind_t algorithm, conednn_const_layout source, conednn_const_layout target,
    const int64_t *strides, const int64_t *kernel, const int64_t *dilations,
    const int64_t *padding_before, const int64_t *padding_after) {
  return dnnl_pooling_forward_primitive_desc_create(
      description, engine, dnnl_forward_inference, algorithm, source, target, strides, kernel,
      dilations, padding_before, padding_after, attributes);
}

static inline dnnl_status_t conednn_eltwise(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    dnnl_alg_kind_t algorithm, conednn_const_layout layout, float alpha, float beta) {
  return dnnl_eltwise_forward_primitive_desc_create(
      description, engine, dnnl_forward_inference, algorithm, layout, layout, alpha, beta,
      attributes);
}

static inline dnnl_status_t conednn_binary(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    dnnl_alg_kind_t algorithm, conednn_const_layout first, conednn_const_layout second,
    conednn_const_layout target) {
  return dnnl_binary_primitive_desc_create(
      description, engine, algorithm, first, second, target, attributes);
}

static inline dnnl_status_t conednn_concat(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    conednn_const_layout target, int count, int dimension, const conednn_const_layout *sources) {
  return dnnl_concat_primitive_desc_create(
      description, engine, target, count, dimension, sources, attributes);
}

#else

static inline dnnl_status_t conednn_layout_copy(
    conednn_layout *layout, conednn_const_layout original) {
  *layout = (conednn_layout)malloc(sizeof(dnnl_memory_desc_t));
  if (!*layout) return dnnl_out_of_memory;
  **layout = *original;
  return dnnl_success;
}

static inline dnnl_status_t conednn_layout_with_tag(
    conednn_layout *layout, int rank, const int64_t *shape, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t made;
  dnnl_status_t status = dnnl_memory_desc_init_by_tag(&made, rank, shape, dnnl_f32, tag);
  return status == dnnl_success ? conednn_layout_copy(layout, &made) : status;
}

static inline dnnl_status_t conednn_layout_with_strides(
    conednn_layout *layout, int rank, const int64_t *shape, const int64_t *strides) {
  dnnl_memory_desc_t made;
  dnnl_status_t status = dnnl_memory_desc_init_by_strides(&made, rank, shape, dnnl_f32, strides);
  return status == dnnl_success ? conednn_layout_copy(layout, &made) : status;
}

static inline void conednn_layout_destroy(conednn_layout layout) { free(layout); }

static inline dnnl_status_t conednn_append_eltwise(
    dnnl_post_ops_t operations, dnnl_alg_kind_t algorithm, float alpha, float beta) {
  return dnnl_post_ops_append_eltwise(operations, 1, algorithm, alpha, beta);
}

static inline dnnl_status_t conednn_append_sum(dnnl_post_ops_t operations) {
  return dnnl_post_ops_append_sum(operations, 1);
}

static inline dnnl_status_t conednn_convolution(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    conednn_const_layout source, conednn_const_layout weights, conednn_const_layout bias,
    conednn_const_layout target, const int64_t *strides, const int64_t *dilations,
    const int64_t *padding) {
  dnnl_convolution_desc_t operation;
  dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &operation, dnnl_forward_inference, dnnl_convolution_direct, source, weights, bias, target,
      strides, dilations, padding, padding);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(description, &operation, attributes, engine, NULL);
}

static inline dnnl_status_t conednn_inner_product(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    conednn_const_layout source, conednn_const_layout weights, conednn_const_layout bias,
    conednn_const_layout target) {
  dnnl_inner_product_desc_t operation;
  dnnl_status_t status = dnnl_inner_product_forward_desc_init(
      &operation, dnnl_forward_inference, source, weights, bias, target);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(description, &operation, attributes, engine, NULL);
}

static inline dnnl_status_t conednn_pooling(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    dnnl_alg_kind_t algorithm, conednn_const_layout source, conednn_const_layout target,
    const int64_t *strides, const int64_t *kernel, const int64_t *dilations,
    const int64_t *padding_before, const int64_t *padding_after) {
  dnnl_pooling_v2_desc_t operation;
  dnnl_status_t status = dnnl_pooling_v2_forward_desc_init(
      &operation, dnnl_forward_inference, algorithm, source, target, strides, kernel, dilations,
      padding_before, padding_after);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(description, &operation, attributes, engine, NULL);
}

static inline dnnl_status_t conednn_eltwise(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    dnnl_alg_kind_t algorithm, conednn_const_layout layout, float alpha, float beta) {
  dnnl_eltwise_desc_t operation;
  dnnl_status_t status = dnnl_eltwise_forward_desc_init(
      &operation, dnnl_forward_inference, algorithm, layout, alpha, beta);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(description, &operation, attributes, engine, NULL);
}

static inline dnnl_status_t conednn_binary(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    dnnl_alg_kind_t algorithm, conednn_const_layout first, conednn_const_layout second,
    conednn_const_layout target) {
  dnnl_binary_desc_t operation;
  dnnl_status_t status = dnnl_binary_desc_init(&operation, algorithm, first, second, target);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(description, &operation, attributes, engine, NULL);
}

static inline dnnl_status_t conednn_concat(
    dnnl_primitive_desc_t *description, dnnl_engine_t engine, dnnl_primitive_attr_t attributes,
    conednn_const_layout target, int count, int dimension, const conednn_const_layout *sources) {
  dnnl_memory_desc_t *structs = (dnnl_memory_desc_t *)malloc(count * sizeof(dnnl_memory_desc_t));
  if (!structs) return dnnl_out_of_memory;
  for (int index = 0; index < count; index++) structs[index] = *sources[index];
  dnnl_status_t status = dnnl_concat_primitive_desc_create(
      description, target, count, dimension, structs, attributes, engine);
  free(structs);
  return status;
}

#endif
