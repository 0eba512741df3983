namespace TinyGpt.Import;

/// <summary>The number types of a safetensors file that can be converted to float32.</summary>
public enum SafetensorsType
{
    /// <summary>Any other type of the format; such a tensor can be listed but not read.</summary>
    Other,

    /// <summary>IEEE binary32.</summary>
    F32,

    /// <summary>IEEE binary16.</summary>
    F16,

    /// <summary>The upper half of an IEEE binary32.</summary>
    BF16,
}
