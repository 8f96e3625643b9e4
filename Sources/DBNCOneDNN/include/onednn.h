// What this project calls of oneDNN, whose library is opened at run time: nothing of it is needed
// to build, and the program runs where oneDNN is not installed. The declarations are our own, made
// from the documentation (https://uxlfoundation.github.io/oneDNN).
//
// `conednn_x` is oneDNN's `dnnl_x`, of versions 2 (from 2.5) and 3. Version 2 has operation
// descriptors, and memory descriptors that are structs; version 3 has neither, and other numbers
// for the same names. Here a memory descriptor is a pointer that its owner destroys, a primitive
// descriptor is made by one call, and names have one number. All tensors are float32.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct conednn_engine *conednn_engine_t;
typedef struct conednn_stream *conednn_stream_t;
typedef struct conednn_memory *conednn_memory_t;
typedef struct conednn_attributes *conednn_attributes_t;
typedef struct conednn_post_ops *conednn_post_ops_t;
typedef struct conednn_description *conednn_description_t;
typedef struct conednn_primitive *conednn_primitive_t;
// oneDNN's memory descriptor: shape and layout of a tensor's numbers.
typedef struct conednn_layout *conednn_layout_t;
typedef const struct conednn_layout *conednn_const_layout_t;

typedef enum {
  conednn_success = 0,
  conednn_out_of_memory = 1,
  conednn_invalid_arguments = 2,
  conednn_unimplemented = 3,
} conednn_status_t;

typedef enum {
  conednn_format_tag_undef,
  conednn_format_tag_any,
  conednn_acb,
  conednn_acdb,
  conednn_acdeb,
  conednn_aBc16b,
  conednn_aBcd16b,
  conednn_aBcde16b,
  conednn_aBc8b,
  conednn_aBcd8b,
  conednn_aBcde8b,
  conednn_aBc4b,
  conednn_aBcd4b,
  conednn_aBcde4b,
} conednn_format_tag_t;

typedef enum {
  conednn_eltwise_relu,
  conednn_eltwise_tanh,
  conednn_eltwise_elu,
  conednn_eltwise_abs,
  conednn_eltwise_sqrt,
  conednn_eltwise_linear,
  conednn_eltwise_logistic,
  conednn_eltwise_exp,
  conednn_eltwise_gelu_tanh,
  conednn_eltwise_gelu_erf,
  conednn_eltwise_swish,
  conednn_eltwise_clip,
  conednn_eltwise_hardswish,
  conednn_pooling_max,
  conednn_pooling_avg_include_padding,
  conednn_pooling_avg_exclude_padding,
  conednn_binary_add,
  conednn_binary_mul,
  conednn_binary_div,
} conednn_alg_kind_t;

// What of a primitive descriptor can be asked for.
typedef enum {
  conednn_query_impl_info_str = 8,
  conednn_query_src_md = 129,
  conednn_query_weights_md = 131,
  conednn_query_dst_md = 133,
  conednn_query_scratchpad_md = 136,
} conednn_query_t;

// The arguments of a primitive.
#define CONEDNN_ARG_SRC 1
#define CONEDNN_ARG_SRC_0 1
#define CONEDNN_ARG_SRC_1 2
#define CONEDNN_ARG_FROM 1
#define CONEDNN_ARG_DST 17
#define CONEDNN_ARG_TO 17
#define CONEDNN_ARG_WEIGHTS 33
#define CONEDNN_ARG_BIAS 41
#define CONEDNN_ARG_SCALE 51
#define CONEDNN_ARG_SHIFT 52
#define CONEDNN_ARG_SCRATCHPAD 80
#define CONEDNN_ARG_MULTIPLE_SRC 1024

#define CONEDNN_MAX_NDIMS 12

typedef struct {
  int arg;
  conednn_memory_t memory;
} conednn_exec_arg_t;

// The library's version: 206 for 2.6; 0 if it is not oneDNN.
//
// - handle: the library as `dlopen` gave it.
int conednn_version(void *handle);

// Finds the functions of a library of version 2.5 to 2.7 or 3. To be called before those below.
//
// Returns the name of a function that the library does not have; NULL if it has all.
const char *conednn_use(void *handle);

conednn_status_t conednn_engine_create(conednn_engine_t *engine);
conednn_status_t conednn_engine_destroy(conednn_engine_t engine);
conednn_status_t conednn_stream_create(conednn_stream_t *stream, conednn_engine_t engine);
conednn_status_t conednn_stream_wait(conednn_stream_t stream);
conednn_status_t conednn_stream_destroy(conednn_stream_t stream);

// The number of channels in a block of the layouts that the CPU's kernels are optimised for: the
// number of float32 numbers in a vector.
int conednn_block_size(void);

// Whether the kernels that oneDNN has for this CPU were found right: on x86, from AVX2 on.
int conednn_is_processor_supported(void);

conednn_status_t conednn_layout_with_tag(
    conednn_layout_t *layout, int rank, const int64_t *shape, conednn_format_tag_t tag);
conednn_status_t conednn_layout_with_strides(
    conednn_layout_t *layout, int rank, const int64_t *shape, const int64_t *strides);
conednn_status_t conednn_layout_copy(conednn_layout_t *layout, conednn_const_layout_t original);
void conednn_layout_destroy(conednn_layout_t layout);
size_t conednn_layout_size(conednn_const_layout_t layout);
int conednn_layout_equal(conednn_const_layout_t left, conednn_const_layout_t right);

conednn_status_t conednn_memory_create(
    conednn_memory_t *memory, conednn_const_layout_t layout, conednn_engine_t engine, void *bytes);
conednn_status_t conednn_memory_destroy(conednn_memory_t memory);

conednn_status_t conednn_post_ops_create(conednn_post_ops_t *operations);
conednn_status_t conednn_post_ops_destroy(conednn_post_ops_t operations);
conednn_status_t conednn_append_eltwise(
    conednn_post_ops_t operations, conednn_alg_kind_t algorithm, float alpha, float beta);
conednn_status_t conednn_append_sum(conednn_post_ops_t operations);
conednn_status_t conednn_append_binary(
    conednn_post_ops_t operations, conednn_alg_kind_t algorithm, conednn_const_layout_t operand);
// The argument that is the operand of a binary post-operation.
int conednn_binary_argument(int index);

// Attributes with these post-operations; the caller supplies the scratchpad.
conednn_status_t conednn_attributes_create(conednn_attributes_t *attributes);
conednn_status_t conednn_attributes_set(
    conednn_attributes_t attributes, conednn_post_ops_t operations);
conednn_status_t conednn_attributes_destroy(conednn_attributes_t attributes);

conednn_status_t conednn_convolution(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t source, conednn_const_layout_t weights, conednn_const_layout_t bias,
    conednn_const_layout_t target, const int64_t *strides, const int64_t *dilations,
    const int64_t *padding);
// A transposed convolution. Its weights are [K, C, ...] like a convolution's; the padding after may be
// negative.
conednn_status_t conednn_deconvolution(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t source, conednn_const_layout_t weights, conednn_const_layout_t bias,
    conednn_const_layout_t target, const int64_t *strides, const int64_t *dilations,
    const int64_t *padding_before, const int64_t *padding_after);
conednn_status_t conednn_inner_product(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t source, conednn_const_layout_t weights, conednn_const_layout_t bias,
    conednn_const_layout_t target);
// A product of matrices, the last two dimensions of each; those before are equal, or 1.
conednn_status_t conednn_matmul(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t left, conednn_const_layout_t right, conednn_const_layout_t target);
// A layer normalisation over the last dimension, with a scale and a shift as operands.
conednn_status_t conednn_layer_norm(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t layout, float epsilon, int has_scale, int has_shift);
conednn_status_t conednn_softmax(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t layout, int dimension);
conednn_status_t conednn_pooling(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_alg_kind_t algorithm, conednn_const_layout_t source, conednn_const_layout_t target,
    const int64_t *strides, const int64_t *kernel, const int64_t *dilations,
    const int64_t *padding_before, const int64_t *padding_after);
conednn_status_t conednn_eltwise(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_alg_kind_t algorithm, conednn_const_layout_t layout, float alpha, float beta);
conednn_status_t conednn_binary(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_alg_kind_t algorithm, conednn_const_layout_t first, conednn_const_layout_t second,
    conednn_const_layout_t target);
conednn_status_t conednn_concat(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t target, int count, int dimension,
    const conednn_const_layout_t *sources);
conednn_status_t conednn_reorder(
    conednn_description_t *description, conednn_engine_t engine, conednn_attributes_t attributes,
    conednn_const_layout_t source, conednn_const_layout_t target);

conednn_status_t conednn_description_destroy(conednn_description_t description);
// The layout of an operand, which belongs to the description.
conednn_const_layout_t conednn_description_layout(
    conednn_description_t description, conednn_query_t operand);
// The implementation's name; NULL if oneDNN does not give it.
const char *conednn_implementation(conednn_description_t description);

conednn_status_t conednn_primitive_create(
    conednn_primitive_t *primitive, conednn_description_t description);
conednn_status_t conednn_primitive_execute(
    conednn_primitive_t primitive, conednn_stream_t stream, int count,
    const conednn_exec_arg_t *arguments);
conednn_status_t conednn_primitive_destroy(conednn_primitive_t primitive);

// Whether none of the numbers is infinite or NaN. In C, because there are a hundred million of them
// in a model, and loops of Swift take a hundred times as long when they are built for debugging.
int conednn_all_finite(const float *values, size_t count);
